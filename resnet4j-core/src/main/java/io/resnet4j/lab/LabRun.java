package io.resnet4j.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.Version;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Normalisation;
import io.resnet4j.interop.AtomicFile;
import io.resnet4j.interop.FolderLock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Runs an experiment in a folder: {@code experiment.json} says what, {@code cells.jsonl} holds a
 * line for each cell as soon as it is measured, {@code results.csv} and {@code results.json} all
 * rows. Started again in the same folder with the same settings it goes on where it stopped.
 */
public final class LabRun {
  private static final String EXPERIMENT = "an experiment";
  private static final String ABOUT = "experiment.json";
  private static final String CELLS = "cells.jsonl";
  private static final String CSV = "results.csv";
  private static final String JSON = "results.json";
  private static final String SETTINGS = "settings";
  private static final int FORMAT = 1;

  /** In a cell: which version measured it; folders of earlier versions do not say. */
  private static final String VERSION = "version";

  /** In a cell whose training diverged, and in its one row. */
  private static final String DIVERGED = "diverged";

  /** Cells that a note names; the results have all. */
  private static final int NAMED = 8;

  private final Experiment experiment;
  private final Settings settings;
  private final Path folder;
  private final List<Map<String, Object>> cells;
  private final ObjectNode about;
  private final Bench bench;
  private final Map<String, JsonNode> measured = new LinkedHashMap<>();
  private volatile boolean stopRequested;

  /**
   * What there is at the end.
   *
   * @param experiment its name
   * @param settings it ran with
   * @param rows of every cell; of one whose training diverged one row that says so
   * @param findings what they come to
   * @param cells in all
   * @param done of them
   */
  public record Outcome(
      Experiment experiment,
      Settings settings,
      List<Row> rows,
      Findings findings,
      int cells,
      int done) {
    /** Copies the rows. */
    public Outcome {
      rows = List.copyOf(rows);
    }

    /** Whether cells are left to measure. */
    public boolean stopped() {
      return done < cells;
    }
  }

  /**
   * An experiment to be run, or to be gone on with.
   *
   * @throws InvalidInputException if a setting is wrong or does not fit the data, or the folder
   *     holds something else
   */
  public LabRun(Experiment experiment, Settings settings, DataSplits data, long seed, Path folder) {
    this.experiment = experiment;
    this.settings = settings;
    this.folder = folder;
    cells = experiment.cells(settings);
    about = Json.MAPPER.createObjectNode();
    about.put("format", FORMAT);
    about.put("experiment", experiment.name());
    about.put("seed", seed);
    about.put("data", data.train().name());
    about.put("pictures", data.train().size());
    settings.values().forEach(about.putObject(SETTINGS)::put);
    bench =
        new Bench(data, Normalisation.perChannel(data.train()), seed, folder, () -> stopRequested);
    open();
  }

  private void open() {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw unusable(e);
    }
    measured.putAll(FolderLock.during(folder, EXPERIMENT, this::begun));
  }

  private InvalidInputException unusable(IOException e) {
    return new InvalidInputException(
        folder + ": cannot be used: " + e.getMessage() + "; give another folder", e);
  }

  /** What was measured before, by cell. */
  private Map<String, JsonNode> begun() {
    Path file = folder.resolve(ABOUT);
    try {
      if (Files.exists(file)) {
        requireSame(file, Json.MAPPER.readTree(Files.readString(file)));
      } else {
        requireEmpty();
        experiment.require(settings, bench.data());
        write(ABOUT, Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(about) + "\n");
      }
    } catch (IOException e) {
      throw unusable(e);
    }
    Path lines = folder.resolve(CELLS);
    List<JsonNode> found = Json.lines(lines);
    Map<String, JsonNode> before = new LinkedHashMap<>();
    found.forEach(line -> before.put(Json.line(line.path("cell")), line));
    if (!found.isEmpty()) {
      // Again as whole lines: what was cut short would spoil the line after it.
      write(
          CELLS, found.stream().map(line -> Json.line(line) + "\n").collect(Collectors.joining()));
    } else {
      write(CELLS, "");
    }
    return before;
  }

  private void requireEmpty() throws IOException {
    try (var files = Files.list(folder)) {
      if (files.anyMatch(file -> !file.endsWith(FolderLock.FILE))) {
        throw new InvalidInputException(
            folder + ": not empty, and no experiment was begun in it; give another folder");
      }
    }
  }

  private void requireSame(Path file, JsonNode before) {
    for (Map.Entry<String, JsonNode> entry : about.properties()) {
      JsonNode then = before.path(entry.getKey());
      if (entry.getKey().equals(SETTINGS)) {
        then = withLaterOnes(then);
      }
      if (!Json.line(then).equals(Json.line(entry.getValue()))) {
        throw new InvalidInputException(
            file
                + ": was begun with "
                + entry.getKey()
                + " "
                + then
                + ", now it is "
                + entry.getValue()
                + "; go on with what it was begun with, or give another folder");
      }
    }
  }

  /** Settings that an earlier version did not have yet, where both defaults are one, as that. */
  private JsonNode withLaterOnes(JsonNode then) {
    ObjectNode all = Json.MAPPER.createObjectNode();
    Map<String, String> small = experiment.settings(false).values();
    Map<String, String> full = experiment.settings(true).values();
    small.forEach(
        (name, value) -> {
          if (then.has(name)) {
            all.set(name, then.get(name));
          } else if (value.equals(full.get(name))) {
            all.put(name, value);
          }
        });
    then.properties().forEach(entry -> all.set(entry.getKey(), entry.getValue()));
    return all;
  }

  private void write(String name, String text) {
    Path file = folder.resolve(name);
    try {
      AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /** Ends {@link #run} after the cell under way. Any thread may call it. */
  public void requestStop() {
    stopRequested = true;
  }

  /**
   * Measures every cell that is not measured yet, or until asked to stop. A cell whose training
   * diverges is saved as that, left out of the findings and named in their notes.
   *
   * @throws InvalidInputException if an experiment is going on in the folder
   */
  public Outcome run(LabListener listener) {
    return FolderLock.during(folder, EXPERIMENT, () -> measured(listener));
  }

  private Outcome measured(LabListener listener) {
    int done = (int) cells.stream().filter(cell -> measured.containsKey(key(cell))).count();
    listener.started(experiment.name(), cells.size(), done);
    for (int i = 0; i < cells.size() && !stopRequested; i++) {
      Map<String, Object> cell = cells.get(i);
      if (measured.containsKey(key(cell))) {
        continue;
      }
      listener.cellStarted(words(cell), i + 1);
      long begin = System.nanoTime();
      ObjectNode line = Json.MAPPER.createObjectNode();
      line.set("cell", Json.MAPPER.valueToTree(cell));
      List<Map<String, Object>> rows;
      String end = "";
      try {
        rows = experiment.measure(cell, settings, bench);
      } catch (DivergedException e) {
        rows = List.of(Rows.row(DIVERGED, true, "step", e.step()));
        line.put(DIVERGED, e.getMessage());
        end = ": diverged at step " + e.step();
      }
      if (stopRequested && rows.isEmpty()) {
        break;
      }
      line.set("rows", Json.MAPPER.valueToTree(rows));
      double seconds = (System.nanoTime() - begin) * 1e-9;
      line.put("seconds", seconds);
      line.put(VERSION, Version.own());
      Json.append(folder.resolve(CELLS), line);
      measured.put(key(cell), line);
      listener.cellDone(words(cell) + end, i + 1, seconds);
    }
    return outcome();
  }

  private Outcome outcome() {
    List<Row> rows = new ArrayList<>();
    List<Row> judged = new ArrayList<>();
    List<String> diverged = new ArrayList<>();
    Map<String, Integer> versions = new LinkedHashMap<>();
    int done = 0;
    for (Map<String, Object> cell : cells) {
      JsonNode line = measured.get(key(cell));
      if (line == null) {
        continue;
      }
      done++;
      versions.merge(line.path(VERSION).asText("one that did not say which"), 1, Integer::sum);
      List<Row> own = new ArrayList<>();
      line.path("rows").forEach(row -> own.add(Row.of(line.path("cell"), row)));
      rows.addAll(own);
      if (line.has(DIVERGED)) {
        diverged.add(words(cell) + " at step " + own.get(0).text("step"));
      } else {
        judged.addAll(own);
      }
    }
    write(CSV, csv(rows));
    ArrayNode all = Json.MAPPER.createArrayNode();
    rows.forEach(row -> all.add(Json.MAPPER.valueToTree(row.values())));
    ObjectNode whole = about.deepCopy();
    whole.set("rows", all);
    write(JSON, Json.line(whole) + "\n");
    Findings findings = judged.isEmpty() ? Findings.NONE : experiment.findings(settings, judged);
    List<String> notes = new ArrayList<>(findings.notes());
    noteDiverged(notes, diverged);
    noteVersions(notes, versions);
    return new Outcome(
        experiment,
        settings,
        rows,
        new Findings(findings.claims(), findings.charts(), notes),
        cells.size(),
        done);
  }

  private static void noteDiverged(List<String> notes, List<String> diverged) {
    if (diverged.isEmpty()) {
      return;
    }
    int more = diverged.size() - NAMED;
    notes.add(
        "The loss became infinite or not a number: "
            + String.join("; ", diverged.subList(0, Math.min(NAMED, diverged.size())))
            + (more > 0 ? "; and " + more + " more, which " + CSV + " has" : "")
            + ". These cells are left out.");
  }

  private static void noteVersions(List<String> notes, Map<String, Integer> versions) {
    if (versions.size() > 1) {
      notes.add(
          "The cells were measured by different versions of resnet4j, which may differ: "
              + versions.entrySet().stream()
                  .map(entry -> entry.getValue() + " by " + entry.getKey())
                  .collect(Collectors.joining(", "))
              + ".");
    }
  }

  private static String key(Map<String, Object> cell) {
    return Json.line(cell);
  }

  private static String words(Map<String, Object> cell) {
    return cell.entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }

  /** RFC 4180. */
  private static String csv(List<Row> rows) {
    Set<String> columns = new LinkedHashSet<>();
    rows.forEach(row -> columns.addAll(row.values().keySet()));
    StringBuilder text = new StringBuilder(String.join(",", columns)).append('\n');
    for (Row row : rows) {
      text.append(
              columns.stream().map(name -> quoted(row.text(name))).collect(Collectors.joining(",")))
          .append('\n');
    }
    return text.toString();
  }

  private static String quoted(String value) {
    return value.matches("(?s).*[\",\n].*") ? '"' + value.replace("\"", "\"\"") + '"' : value;
  }
}
