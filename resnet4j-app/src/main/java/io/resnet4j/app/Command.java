package io.resnet4j.app;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What every command has: the global options and a console. */
abstract class Command {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  @Option(names = "--version", versionHelp = true, description = "Show the version.")
  private boolean version;

  @Option(
      names = {"-v", "--verbose"},
      description = "Say more.")
  private boolean verbose;

  @Option(
      names = {"-q", "--quiet"},
      description = "Say less: results, warnings and errors only.")
  private boolean quiet;

  @Option(names = "--debug", description = "Show where in the program an error came from.")
  private boolean debug;

  private String line = "";

  /** Does what the options ask; returns the exit status. */
  abstract int run(Console console);

  /** Notes how it was called. */
  void called(String name, List<String> arguments) {
    List<String> words = new ArrayList<>(List.of("./resnet4j", name));
    words.addAll(arguments);
    line = Text.shell(words);
  }

  /** The command line, as a shell takes it. */
  String line() {
    return line;
  }

  boolean debug() {
    return debug;
  }

  void adjust(Console console) {
    console.setVerbosity(quiet, verbose);
  }
}
