package io.resnet4j.app;

import io.resnet4j.data.DataSplits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Names of runs and of data. */
final class Runs {
  static final String REPORT = "report.html";
  private static final Path ROOT = Path.of("runs");
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

  private Runs() {}

  /** A folder that is not there yet: {@code runs/<time>-<what>}. */
  static Path fresh(String what) {
    String name = LocalDateTime.now().format(TIME) + "-" + what;
    Path folder = ROOT.resolve(name);
    for (int i = 2; Files.exists(folder); i++) {
      folder = ROOT.resolve(name + "-" + i);
    }
    return folder;
  }

  /** What recipes call the data, such as {@code cifar10}, whether it was named or recognised. */
  static String dataName(DataSplits splits) {
    String first = splits.train().name().split("[ ,:]")[0];
    return first.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }
}
