package io.resnet4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.AtomicFile;
import io.resnet4j.interop.FolderLock;
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
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of a run: {@code config.json}, {@code metrics.jsonl}, {@code last.ckpt} and those
 * before it ({@link Checkpoints}), {@code best.safetensors} (with a validation split), {@code
 * last.safetensors} and {@code result.json} (at the end), {@link Warnings}' and {@link RunEvents}'.
 * All but metrics, warnings and events are replaced as a whole or not at all.
 */
final class RunFolder implements AutoCloseable {
  static final String CONFIG = "config.json";
  static final String CHOICES = "choices.json";
  static final String METRICS = "metrics.jsonl";
  static final String CHECKPOINT = "last.ckpt";
  static final String BEST = "best.safetensors";
  static final String LAST = "last.safetensors";
  static final String RESULT = "result.json";

  private static final String PROBE = ".probe";
  private static final Pattern PART = Pattern.compile("\\..+\\.(\\d+)\\.part");
  private static final Pattern CHECKPOINTS = Pattern.compile("(last|before-\\d+)\\.ckpt");

  private final Path folder;
  private final boolean made;
  private final FolderLock lock;

  /** Nobody else may write there until this is closed. */
  private RunFolder(Path folder, boolean made) {
    this.folder = folder;
    this.made = made;
    this.lock = FolderLock.of(folder, "a run");
  }

  /** Lets others write there. A run that never began leaves no folder behind that it made. */
  @Override
  public void close() {
    // Before the lock is given up, or it could be another's by then.
    remove(file(FolderLock.FILE));
    if (made) {
      // A folder goes only if nothing is in it.
      remove(folder);
    }
    lock.close();
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
    if (begun(folder)) {
      throw new InvalidInputException(
          folder + ": not empty; give another folder, or resume the run in it (--resume)");
    }
    boolean made = !Files.exists(folder);
    try {
      Files.createDirectories(folder);
      Path probe = folder.resolve(PROBE);
      Files.write(probe, new byte[0]);
      Files.delete(probe);
    } catch (IOException e) {
      if (made) {
        remove(folder);
      }
      throw new InvalidInputException(
          folder + ": cannot be written: " + reason(e) + "; give another folder for the run", e);
    }
    return new RunFolder(folder, made);
  }

  /**
   * Whether a folder holds anything: what does not is there for a run to begin in.
   *
   * @throws InvalidInputException if it cannot be read
   */
  static boolean begun(Path folder) {
    return !names(folder).isEmpty();
  }

  private static List<String> names(Path folder) {
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> entries = Files.list(folder)) {
        entries.forEach(entry -> names.add(entry.getFileName().toString()));
      } catch (IOException e) {
        throw new InvalidInputException(folder + ": cannot be read: " + reason(e), e);
      }
    }
    return names;
  }

  /**
   * The folder of a run to go on with, which may have been killed before its first checkpoint. What
   * killed processes left half written is removed.
   *
   * @throws InvalidInputException if no run was begun in it
   */
  static RunFolder resume(Path folder) {
    List<String> names = names(folder);
    boolean trained = names.stream().anyMatch(name -> CHECKPOINTS.matcher(name).matches());
    boolean barelyBegun = !names.isEmpty() && names.stream().allMatch(RunFolder::atBeginning);
    if (!(names.contains(CONFIG) && trained) && !barelyBegun) {
      throw new InvalidInputException(
          folder
              + ": no run to resume: it holds no "
              + (names.contains(CONFIG) ? CHECKPOINT : CONFIG)
              + "; give the folder of a run, or leave --resume away");
    }
    if (!Files.isWritable(folder)) {
      throw new InvalidInputException(folder + ": cannot be written; change its permissions");
    }
    RunFolder locked = new RunFolder(folder, false);
    names.stream().filter(RunFolder::abandoned).forEach(name -> remove(folder.resolve(name)));
    return locked;
  }

  /** Whether a file may be there before the first checkpoint is. */
  private static boolean atBeginning(String name) {
    return List.of(CONFIG, CHOICES, PROBE, FolderLock.FILE, Checkpoints.NEXT).contains(name)
        || PART.matcher(name).matches();
  }

  /** Half a file whose writer is gone. */
  private static boolean abandoned(String name) {
    Matcher part = PART.matcher(name);
    return name.equals(PROBE)
        || name.equals(Checkpoints.NEXT)
        || part.matches() && !elsewhere(Long.parseLong(part.group(1)));
  }

  /**
   * Whether another process of that number runs. This one has written nothing before it resumes:
   * what bears its number is of one before it, as in a container, where it is always the same.
   */
  private static boolean elsewhere(long process) {
    return process != ProcessHandle.current().pid()
        && ProcessHandle.of(process).filter(ProcessHandle::isAlive).isPresent();
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // It takes room and does no other harm.
    }
  }

  Path path() {
    return folder;
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  /**
   * What the run was begun with; empty in one killed before it wrote that.
   *
   * @throws InvalidInputException if the file is damaged
   */
  Optional<JsonNode> config() {
    Path file = file(CONFIG);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Json.MAPPER.readTree(Files.readAllBytes(file)));
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(file + ": damaged: not JSON; begin the run again", e);
    } catch (IOException e) {
      throw new InvalidInputException(file + ": cannot be read: " + reason(e), e);
    }
  }

  Path writeConfig(JsonNode config) {
    return write(CONFIG, Json.pretty(config) + "\n");
  }

  /** The implementations that the run computes with; empty in runs older than the choice. */
  Optional<Map<String, String>> choices() {
    Path file = file(CHOICES);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      Map<String, String> choices = new TreeMap<>();
      for (Map.Entry<String, JsonNode> choice :
          Json.MAPPER.readTree(Files.readAllBytes(file)).properties()) {
        choices.put(choice.getKey(), choice.getValue().asText());
      }
      return Optional.of(choices);
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
    return text(file(name), text);
  }

  /** Writes text in one piece. */
  static Path text(Path file, String text) {
    try {
      AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw failed(file, e);
    }
    return file;
  }

  Path writeWeights(String name, Model model) {
    return save(name, model::save);
  }

  /** Writes a file by what does so in one piece. */
  Path save(String name, Consumer<Path> content) {
    Path file = file(name);
    try {
      content.accept(file);
    } catch (UncheckedIOException e) {
      throw failed(file, e.getCause());
    }
    return file;
  }

  /** Appends a line of JSON. */
  void append(String name, Object content) {
    Path file = file(name);
    byte[] line = (Json.line(content) + "\n").getBytes(StandardCharsets.UTF_8);
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
    trim(METRICS, line -> line.path("epoch").asInt(Integer.MAX_VALUE) <= epochs);
  }

  /** Drops lines of JSON that are not to be kept, and a line cut short; those that stay. */
  List<JsonNode> trim(String name, Predicate<JsonNode> keep) {
    Path file = file(name);
    List<JsonNode> kept = new ArrayList<>();
    if (!Files.exists(file)) {
      return kept;
    }
    StringBuilder text = new StringBuilder();
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        parsed(line)
            .filter(keep)
            .ifPresent(
                node -> {
                  kept.add(node);
                  text.append(line).append('\n');
                });
      }
    } catch (IOException e) {
      throw failed(file, e);
    }
    write(name, text.toString());
    return kept;
  }

  private static Optional<JsonNode> parsed(String line) {
    try {
      return Optional.of(Json.MAPPER.readTree(line));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  static UncheckedIOException failed(Path file, IOException e) {
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
