package io.resnet4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.AtomicFile;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The files of a run: {@code config.json}, {@code metrics.jsonl}, {@code last.ckpt}, {@code
 * best.safetensors} (with a validation split), {@code last.safetensors} and {@code result.json} (at
 * the end). All but the metrics are replaced as a whole or not at all.
 */
final class RunFolder {
  static final String CONFIG = "config.json";
  static final String CHOICES = "choices.json";
  static final String METRICS = "metrics.jsonl";
  static final String CHECKPOINT = "last.ckpt";
  static final String BEST = "best.safetensors";
  static final String LAST = "last.safetensors";
  static final String RESULT = "result.json";

  private final Path folder;

  private RunFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * A folder for a new run, made if it is not there.
   *
   * @throws InvalidInputException if it holds anything or cannot be made or written
   */
  static RunFolder create(Path folder) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new InvalidInputException(folder + ": is a file; give a folder for the run");
    }
    try {
      Files.createDirectories(folder);
      try (Stream<Path> entries = Files.list(folder)) {
        if (entries.findAny().isPresent()) {
          throw new InvalidInputException(
              folder + ": not empty; give another folder, or resume the run in it (--resume)");
        }
      }
      Path probe = folder.resolve(".probe");
      Files.write(probe, new byte[0]);
      Files.delete(probe);
    } catch (IOException e) {
      throw new InvalidInputException(
          folder + ": cannot be written: " + reason(e) + "; give another folder for the run", e);
    }
    return new RunFolder(folder);
  }

  /**
   * The folder of a run to go on with.
   *
   * @throws InvalidInputException if no run was begun in it
   */
  static RunFolder resume(Path folder) {
    if (!Files.isRegularFile(folder.resolve(CONFIG))
        || !Files.isRegularFile(folder.resolve(CHECKPOINT))) {
      throw new InvalidInputException(
          folder
              + ": no run to resume: it holds no "
              + (Files.isRegularFile(folder.resolve(CONFIG)) ? CHECKPOINT : CONFIG)
              + "; give the folder of a run, or leave --resume away");
    }
    if (!Files.isWritable(folder)) {
      throw new InvalidInputException(folder + ": cannot be written; change its permissions");
    }
    return new RunFolder(folder);
  }

  Path path() {
    return folder;
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  /**
   * What the run was begun with.
   *
   * @throws InvalidInputException if the file is damaged
   */
  JsonNode config() {
    Path file = file(CONFIG);
    try {
      return Json.MAPPER.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(file + ": damaged: not JSON; begin the run again", e);
    } catch (IOException e) {
      throw new InvalidInputException(file + ": cannot be read: " + reason(e), e);
    }
  }

  Path writeConfig(JsonNode config) {
    return write(CONFIG, Json.pretty(config) + "\n");
  }

  /** The implementations that the run computes with; none in runs older than the choice. */
  Map<String, String> choices() {
    Path file = file(CHOICES);
    if (!Files.isRegularFile(file)) {
      return Map.of();
    }
    try {
      Map<String, String> choices = new TreeMap<>();
      for (Map.Entry<String, JsonNode> choice :
          Json.MAPPER.readTree(Files.readAllBytes(file)).properties()) {
        choices.put(choice.getKey(), choice.getValue().asText());
      }
      return choices;
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(file + ": damaged: not JSON; begin the run again", e);
    } catch (IOException e) {
      throw new InvalidInputException(file + ": cannot be read: " + reason(e), e);
    }
  }

  Path writeChoices(Map<String, String> choices) {
    return write(CHOICES, Json.pretty(new TreeMap<>(choices)) + "\n");
  }

  Path writeResult(TrainResult result) {
    return write(RESULT, Json.pretty(result) + "\n");
  }

  private Path write(String name, String text) {
    Path file = file(name);
    try {
      AtomicFile.write(
          file,
          out -> {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
              out.write(bytes);
            }
          });
    } catch (IOException e) {
      throw failed(file, e);
    }
    return file;
  }

  Path writeCheckpoint(Safetensors content) {
    return save(CHECKPOINT, content::write);
  }

  Path writeWeights(String name, Model model) {
    return save(name, model::save);
  }

  private Path save(String name, Consumer<Path> content) {
    Path file = file(name);
    try {
      content.accept(file);
    } catch (UncheckedIOException e) {
      throw failed(file, e.getCause());
    }
    return file;
  }

  /** Appends a line of metrics. */
  void append(EpochMetrics metrics) {
    Path file = file(METRICS);
    byte[] line = (Json.line(metrics) + "\n").getBytes(StandardCharsets.UTF_8);
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      ByteBuffer bytes = ByteBuffer.wrap(line);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  /** Drops lines of epochs that the checkpoint does not know, and a line cut short. */
  void trimMetrics(int epochs) {
    Path file = file(METRICS);
    if (!Files.exists(file)) {
      return;
    }
    try {
      List<String> kept = new ArrayList<>();
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        if (epochOf(line) <= epochs) {
          kept.add(line + "\n");
        }
      }
      write(METRICS, String.join("", kept));
    } catch (IOException e) {
      throw failed(file, e);
    }
  }

  private static int epochOf(String line) {
    try {
      return Json.MAPPER.readTree(line).path("epoch").asInt(Integer.MAX_VALUE);
    } catch (JsonProcessingException e) {
      return Integer.MAX_VALUE;
    }
  }

  private static UncheckedIOException failed(Path file, IOException e) {
    return new UncheckedIOException(
        file
            + ": cannot be written: "
            + reason(e)
            + (Files.exists(file) ? "; what stood there is intact" : "")
            + "; free space or permit writing, then go on with --resume",
        e);
  }

  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file stands in its way";
    }
    if (e instanceof FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
