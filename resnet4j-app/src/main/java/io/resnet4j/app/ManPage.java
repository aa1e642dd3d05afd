package io.resnet4j.app;

import io.resnet4j.CacheFolder;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A manual page in the macros of man(7), made from the definition of a command. */
final class ManPage {
  static final Map<String, String> STATUS =
      Map.of(
          "0", "Done.",
          "1", "Failed while running.",
          "2", "Wrong usage or wrong input.",
          "130", "Stopped by Ctrl-C.");
  static final Map<String, String> ENVIRONMENT =
      Map.of(
          "OMP_NUM_THREADS",
          "Threads that compute, unless --threads says so (default: one for each physical core that"
              + " the process may use).",
          "GOMP_SPINCOUNT",
          "How often a thread that waits for the others looks before it sleeps (default: 10000, half a"
              + " millisecond; more where nothing else runs, fewer beside other work).",
          "RESNET4J_JAVA_OPTS",
          "Further options for the Java virtual machine.",
          CacheFolder.VARIABLE,
          "The folder for what is fetched (default: .cache/resnet4j in the user's home).");

  static final Set<String> GENERAL =
      Set.of("--help", "--version", "--verbose", "--quiet", "--debug");

  private final StringBuilder text = new StringBuilder();

  private ManPage(String name, String what, String version) {
    line(
        ".TH "
            + escaped(name).toUpperCase(Locale.ROOT)
            + " 1 \"\" \"resnet4j "
            + escaped(version)
            + "\" \"resnet4j\"");
    line(".SH NAME");
    line(escaped(name) + " \\- " + escaped(what));
  }

  /** The page of one command. */
  static String of(CommandLine command, String what, String version) {
    CommandSpec spec = command.getCommandSpec();
    String qualified = spec.qualifiedName();
    ManPage page = new ManPage(spec.qualifiedName("-"), what, version);
    page.line(".SH SYNOPSIS");
    page.line(".B " + escaped(qualified));
    page.line(escaped(synopsis(spec)));
    page.line(".SH DESCRIPTION");
    page.text(spec.usageMessage().description());
    if (!spec.positionalParameters().isEmpty()) {
      page.line(".SH ARGUMENTS");
      for (PositionalParamSpec each : spec.positionalParameters()) {
        page.item(label(each), each.description());
      }
    }
    page.line(".SH OPTIONS");
    // Those of every command come last.
    spec.options().stream()
        .filter(each -> !each.hidden())
        .sorted(Comparator.comparing(each -> GENERAL.contains(each.longestName())))
        .forEach(each -> page.item(names(each), each.description()));
    return page.end(List.of("resnet4j"));
  }

  /** What follows a command's name. */
  static String synopsis(CommandSpec spec) {
    return "[OPTIONS]"
        + spec.positionalParameters().stream()
            .map(
                each -> (each.required() ? " " : " [") + label(each) + (each.required() ? "" : "]"))
            .collect(Collectors.joining());
  }

  /** The page of the command line as a whole. */
  static String ofAll(String name, String version) {
    ManPage page = new ManPage(name, "residual networks on the JVM", version);
    page.line(".SH SYNOPSIS");
    page.line(".B " + name);
    page.line("[OPTIONS] COMMAND ...");
    page.line(".SH COMMANDS");
    Commands.all().forEach((command, what) -> page.item(command, what + "."));
    page.line(".SH OUTPUT");
    page.text("Results go to standard output, progress to standard error.");
    return page.end(
        Commands.all().keySet().stream()
            .filter(command -> !command.equals("help"))
            .map(command -> name + "-" + command)
            .toList());
  }

  private String end(List<String> others) {
    line(".SH EXIT STATUS");
    Stream.of("0", "1", "2", "130").forEach(status -> item(status, STATUS.get(status)));
    line(".SH ENVIRONMENT");
    ENVIRONMENT.keySet().stream().sorted().forEach(name -> item(name, ENVIRONMENT.get(name)));
    line(".SH SEE ALSO");
    line(
        others.stream()
            .map(other -> "\\fB" + escaped(other) + "\\fR(1)")
            .collect(Collectors.joining(",\n")));
    return text.toString();
  }

  static String names(OptionSpec option) {
    String names = String.join(", ", option.names());
    return option.arity().max() == 0 ? names : names + " " + option.paramLabel();
  }

  static String label(ArgSpec parameter) {
    return parameter.paramLabel() + (parameter.arity().isVariable() ? "..." : "");
  }

  private void item(String what, String... description) {
    line(".TP");
    line(".B " + escaped(what));
    text(description);
  }

  private void text(String... lines) {
    for (String each : lines) {
      line(escaped(String.format(each)));
    }
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  /** A backslash, a dash and a dot at the beginning of a line mean something to troff. */
  private static String escaped(String plain) {
    String text = plain.replace("\\", "\\e").replace("-", "\\-");
    return text.startsWith(".") || text.startsWith("'") ? "\\&" + text : text;
  }
}
