package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code report RUN...}. */
@picocli.CommandLine.Command(
    description = "Makes the report of a run, or one that lays several runs over each other.")
final class ReportCommand extends Command {
  @Parameters(paramLabel = "RUN", arity = "1..*", description = "Run folders.")
  private List<Path> runs = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "The page (default: report.html in the run, or beside the first of several runs); its"
              + " numbers go beside it, as .csv and .json.")
  private @Nullable Path out;

  @Option(names = "--json", description = "The page's path as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    Path page = out == null ? usual() : out;
    write(Report.of(runs.stream().map(RunFiles::read).toList()), page);
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("report", page.toString());
      fields.put("runs", runs.stream().map(Path::toString).toList());
      console.result(Json.line(fields));
    } else {
      console.result(page.toString());
    }
    return Main.OK;
  }

  private Path usual() {
    Path first = runs.get(0);
    return runs.size() == 1 ? first.resolve(Runs.REPORT) : first.resolveSibling(Runs.REPORT);
  }

  /** Writes a report where the user wants it. */
  static void write(Report report, Path page) {
    try {
      @Nullable Path folder = page.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      report.write(page);
    } catch (IOException e) {
      throw new InvalidInputException(
          page + ": cannot be written: " + Failures.reason(e) + "; choose another with --out", e);
    }
  }
}
