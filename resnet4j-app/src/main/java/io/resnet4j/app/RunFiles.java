package io.resnet4j.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.lab.TrainingProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run folder tells.
 *
 * @param folder where it is
 * @param config of the run
 * @param metrics a node an epoch; none before the first is done
 * @param readings of its probes; none where it had none
 * @param warnings said while it trained; none in runs older than their file
 * @param result how it ended; null while it has not
 */
record RunFiles(
    Path folder,
    JsonNode config,
    List<JsonNode> metrics,
    List<JsonNode> readings,
    List<JsonNode> warnings,
    @Nullable JsonNode result) {
  private static final String CONFIG = "config.json";
  private static final String METRICS = "metrics.jsonl";
  private static final String WARNINGS = "warnings.jsonl";
  private static final String RESULT = "result.json";
  private static final String NON_FINITE = "non_finite";

  /** Copies the lists. */
  RunFiles {
    metrics = List.copyOf(metrics);
    readings = List.copyOf(readings);
    warnings = List.copyOf(warnings);
  }

  /**
   * Reads the run in {@code folder}.
   *
   * @throws InvalidInputException if there is none, or its files are damaged
   */
  static RunFiles read(Path folder) {
    Path config = folder.resolve(CONFIG);
    if (!Files.isRegularFile(config)) {
      throw new InvalidInputException(
          folder
              + (Files.isDirectory(folder) ? ": holds no " + CONFIG : ": no such folder")
              + "; give the folder of a run, such as runs/<time>-resnet20");
    }
    Path result = folder.resolve(RESULT);
    return new RunFiles(
        folder,
        tree(config, text(config)),
        lines(folder.resolve(METRICS)),
        lines(folder.resolve(TrainingProbe.FILE)),
        lines(folder.resolve(WARNINGS)),
        Files.isRegularFile(result) ? tree(result, text(result)) : null);
  }

  private static List<JsonNode> lines(Path file) {
    List<JsonNode> lines = new ArrayList<>();
    if (Files.isRegularFile(file)) {
      for (String line : text(file).split("\n", -1)) {
        // A line without its end is one that is being written.
        if (line.endsWith("}")) {
          lines.add(tree(file, line));
        }
      }
    }
    return lines;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read", e);
    }
  }

  private static JsonNode tree(Path file, String json) {
    try {
      return Json.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          file + ": damaged: not JSON at line " + e.getLocation().getLineNr(), e);
    }
  }

  /** What was said of a number that is not finite and ended the run; null where none did. */
  @Nullable JsonNode failure() {
    return warnings.stream().filter(RunFiles::ends).findFirst().orElse(null);
  }

  /** Whether a warning is what ended the run. */
  static boolean ends(JsonNode warning) {
    return warning.path("kind").asText().equals(NON_FINITE);
  }

  /** What to call the run beside others. */
  String name() {
    return folder.toAbsolutePath().normalize().getFileName().toString();
  }

  /** Such as {@code resnet20}. */
  String model() {
    return config.path("model").path("name").asText("?");
  }
}
