package io.resnet4j.app;

import io.resnet4j.CacheFolder;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSource;
import io.resnet4j.data.DataSplits;
import io.resnet4j.lab.Experiment;
import io.resnet4j.lab.Experiments;
import io.resnet4j.lab.Findings;
import io.resnet4j.lab.LabRun;
import io.resnet4j.lab.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lab EXPERIMENT}. */
@picocli.CommandLine.Command(
    description =
        "Runs an experiment on depth, gradients and shortcuts, and keeps its numbers (results.csv,"
            + " results.json) and a page that lays them beside its source's (report.html). The same"
            + " command in the same folder goes on with an experiment that was stopped.")
final class LabCommand extends Command {
  @Parameters(
      paramLabel = "EXPERIMENT",
      arity = "0..1",
      description =
          "One of those that --list shows; or tour: a walk through nine chapters, from what a"
              + " residual block is to a measurement of each claim, some twenty minutes on two"
              + " cores.")
  private @Nullable String name;

  @Option(names = "--list", description = "List the experiments and their settings.")
  private boolean list;

  @Option(
      names = "--full",
      description = "The settings of the source, which can take days, not the small ones.")
  private boolean full;

  @Option(
      names = "--set",
      paramLabel = "name=value",
      description = "Change a setting; --list shows them. Can be repeated.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--data",
      paramLabel = "D",
      description =
          "The pictures, as for 'train' (default: CIFAR-10 where 'download' put it, else drawn"
              + " ones).")
  private @Nullable String data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where numbers and page go (default: runs/<time>-lab-EXPERIMENT).")
  private @Nullable Path out;

  @Option(names = "--seed", paramLabel = "N", description = "Of all that is drawn (default: 0).")
  private long seed;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Option(
      names = "--language",
      paramLabel = "L",
      defaultValue = "en",
      description = "With tour: of its words, en or zh (default: ${DEFAULT-VALUE}).")
  private String language = "en";

  @Option(names = "--json", description = "What was found as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    threads.require();
    if (list) {
      console.result(json ? Json.line(listed()) : words());
      return Main.OK;
    }
    if (name == null) {
      throw new InvalidInputException(
          "lab: which experiment? 'resnet4j lab --list' shows them, such as 'lab gradients'");
    }
    if (name.equals(Tour.NAME)) {
      return tour(console, Tour.in(Choices.require("--language", language, Tour.LANGUAGES)));
    }
    Experiment experiment = Experiments.named(name);
    Settings chosen = experiment.settings(full);
    for (String setting : settings) {
      chosen = chosen.set(setting);
    }
    experiment.cells(chosen);
    DataSplits splits = opened(console);
    Path folder = out == null ? Runs.fresh("lab-" + name) : out;
    LabRun run = new LabRun(experiment, chosen, splits, seed, folder);
    try (Interruption interruption =
        Interruption.handled(console, "stopping after this cell; the same command goes on ...")) {
      interruption.stopBy(run::requestStop);
      LabRun.Outcome outcome = shown(run, console);
      Path page = report(outcome, command(name, settings, folder), splits, folder);
      console.result(json ? Json.line(fields(outcome, page)) : words(outcome, page));
      return outcome.stopped() ? Main.INTERRUPTED : Main.OK;
    }
  }

  /** Chapter after chapter, each experiment in a folder of its own below the tour's. */
  private int tour(Console console, Tour tour) {
    if (full || !settings.isEmpty()) {
      throw new InvalidInputException(
          "lab tour: has settings of its own; run one experiment to change them, such as 'lab"
              + " degradation --full'");
    }
    DataSplits splits = opened(console);
    Path folder = out == null ? Runs.fresh("lab-" + name) : out;
    TourReport whole =
        new TourReport(tour, command(Tour.NAME, List.of(), folder), splits.description());
    Path page = folder.resolve(Runs.REPORT);
    List<Map<String, Object>> found = new ArrayList<>();
    AtomicBoolean asked = new AtomicBoolean();
    boolean stopped = false;
    try (Interruption interruption =
        Interruption.handled(console, "stopping after this cell; the same command goes on ...")) {
      for (Tour.Chapter chapter : tour.chapters()) {
        console.info(System.lineSeparator() + chapter.title());
        chapter.words().forEach(console::info);
        if (chapter.experiment().isEmpty()) {
          continue;
        }
        Experiment experiment = chapter.experiment().get();
        Path part = folder.resolve(chapter.id());
        LabRun run = new LabRun(experiment, chapter.settings(folder), splits, seed, part);
        interruption.stopBy(
            () -> {
              asked.set(true);
              run.requestStop();
            });
        LabRun.Outcome outcome = shown(run, console);
        String alone = command(experiment.name(), chapter.commandSettings(folder), part);
        Path own = report(outcome, alone, splits, part);
        whole.add(chapter, outcome, alone);
        write(whole::write, page);
        found.add(fields(outcome, own));
        if (!json) {
          console.result(words(outcome, own));
        }
        stopped = outcome.stopped() || asked.get();
        if (stopped) {
          break;
        }
      }
    }
    if (json) {
      console.result(Json.line(Map.of("chapters", found, "report", page.toString())));
    } else {
      console.result("the whole tour " + page);
    }
    return stopped ? Main.INTERRUPTED : Main.OK;
  }

  private DataSplits opened(Console console) {
    DataSplits splits = DataSource.parse(source()).open();
    console.info(splits.description());
    return splits;
  }

  private String source() {
    return data == null ? usualData() : data;
  }

  private static LabRun.Outcome shown(LabRun run, Console console) {
    try (LabDisplay display = new LabDisplay(console)) {
      return run.run(display);
    }
  }

  private static Path report(
      LabRun.Outcome outcome, String command, DataSplits splits, Path folder) {
    Path page = folder.resolve(Runs.REPORT);
    write(new LabReport(outcome, command, splits.description())::write, page);
    return page;
  }

  private static String usualData() {
    Path cifar = CacheFolder.usual().resolve("data").resolve("cifar10");
    return Files.isDirectory(cifar) ? "cifar10:" + cifar : "synthetic";
  }

  private String command(String experiment, List<String> changes, Path folder) {
    List<String> words = new ArrayList<>(List.of("./resnet4j", "lab", experiment));
    if (full) {
      words.add("--full");
    }
    changes.forEach(setting -> words.addAll(List.of("--set", setting)));
    String source = source();
    if (data != null || source.equals("synthetic")) {
      words.addAll(List.of("--data", source));
    }
    words.addAll(List.of("--seed", Long.toString(seed)));
    if (experiment.equals(Tour.NAME) && !language.equals("en")) {
      words.addAll(List.of("--language", language));
    }
    words.addAll(List.of("--out", folder.toString()));
    return Text.shell(words);
  }

  /** A page that can be written to a file. */
  private interface Written {
    void to(Path file) throws IOException;
  }

  private static void write(Written report, Path page) {
    try {
      report.to(page);
    } catch (IOException e) {
      throw new UncheckedIOException(page + ": cannot be written: " + Failures.reason(e), e);
    }
  }

  private static Map<String, Object> fields(LabRun.Outcome outcome, Path page) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("experiment", outcome.experiment().name());
    fields.put("cells", outcome.cells());
    fields.put("done", outcome.done());
    fields.put("claims", outcome.findings().claims());
    fields.put("notes", outcome.findings().notes());
    fields.put("report", page.toString());
    return fields;
  }

  private static String words(LabRun.Outcome outcome, Path page) {
    String end = System.lineSeparator();
    StringBuilder text = new StringBuilder();
    for (Findings.Claim claim : outcome.findings().claims()) {
      text.append(claim.verdict().name().toLowerCase(Locale.ROOT).replace('_', ' '))
          .append(": ")
          .append(claim.claim())
          .append(" (")
          .append(claim.source())
          .append(')')
          .append(end)
          .append("  measured: ")
          .append(claim.measured())
          .append(end);
    }
    outcome.findings().notes().forEach(note -> text.append("note: ").append(note).append(end));
    if (outcome.stopped()) {
      text.append(outcome.done() + " of " + outcome.cells() + " cells; the same command goes on");
      text.append(end);
    }
    return text.append("report ").append(page).toString();
  }

  private static List<Map<String, Object>> listed() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Experiment experiment : Experiments.all()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("name", experiment.name());
      fields.put("question", experiment.question());
      fields.put("source", experiment.source());
      fields.put("settings", experiment.settings(false).values());
      fields.put("full", experiment.settings(true).values());
      all.add(fields);
    }
    return all;
  }

  private static String words() {
    String end = System.lineSeparator();
    StringBuilder text = new StringBuilder();
    text.append("tour: a walk through nine chapters, each with an experiment of this list");
    text.append(end);
    for (Experiment experiment : Experiments.all()) {
      text.append(experiment.name()).append(": ").append(experiment.question()).append(end);
      text.append("  source: ").append(experiment.source()).append(end);
      Map<String, String> whole = experiment.settings(true).values();
      experiment
          .settings(false)
          .values()
          .forEach(
              (key, value) ->
                  text.append("  --set ")
                      .append(key)
                      .append('=')
                      .append(value)
                      .append(
                          value.equals(whole.get(key)) ? "" : "   with --full " + whole.get(key))
                      .append(end));
    }
    return text.toString().stripTrailing();
  }
}
