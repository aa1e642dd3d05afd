package io.resnet4j.app;

import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Every command with its arguments and options as one Markdown page, docs/commands.md. */
final class CommandReference {
  private static final String HEAD =
      """
      # Commands

      What `./resnet4j COMMAND --help` says, on one page; it is made from the commands' definitions, \
      and a test fails when it no longer is. Every command also takes `-h` (`--help`), `-v` (say \
      more), `-q` (say less: results, warnings and errors only) and `--debug` (show where in the \
      program an error came from). Results go to standard output, progress to standard error.
      """;

  private final StringBuilder text = new StringBuilder(HEAD);

  private CommandReference() {}

  /** The page. */
  static String page() {
    CommandReference page = new CommandReference();
    page.text.append("\n| command | |\n|---|---|\n");
    Commands.all()
        .forEach((name, what) -> page.row(name.equals("help") ? code(name) : link(name), what));
    Commands.all().keySet().stream().filter(name -> !name.equals("help")).forEach(page::command);
    page.text.append("\n## Exit status\n\n| status | |\n|---|---|\n");
    ManPage.STATUS.keySet().stream()
        .sorted((a, b) -> Integer.compare(Integer.parseInt(a), Integer.parseInt(b)))
        .forEach(status -> page.row(status, ManPage.STATUS.get(status)));
    page.text.append("\n## Environment\n\n| variable | |\n|---|---|\n");
    ManPage.ENVIRONMENT.keySet().stream()
        .sorted()
        .forEach(name -> page.row(code(name), ManPage.ENVIRONMENT.get(name)));
    return page.text.toString();
  }

  private void command(String name) {
    CommandSpec spec = new CommandLine(Commands.make(name)).getCommandSpec();
    text.append("\n## ").append(name).append("\n\n");
    text.append(code("./resnet4j " + name + " " + ManPage.synopsis(spec))).append("\n\n");
    text.append(words(spec.usageMessage().description())).append("\n\n| | |\n|---|---|\n");
    spec.positionalParameters()
        .forEach(each -> row(code(ManPage.label(each)), words(each.description())));
    spec.options().stream()
        .filter(each -> !each.hidden() && !ManPage.GENERAL.contains(each.longestName()))
        .forEach(
            each ->
                row(
                    code(ManPage.names(each)),
                    words(each.description()) + (each.required() ? " Required." : "")));
  }

  private void row(String what, String description) {
    text.append("| ").append(what).append(" | ").append(description).append(" |\n");
  }

  private static String words(String... lines) {
    return List.of(lines).stream()
        .map(line -> escaped(String.format(line)))
        .collect(Collectors.joining(" "));
  }

  private static String code(String plain) {
    return "`" + plain.replace("|", "\\|") + "`";
  }

  private static String link(String name) {
    return "[" + name + "](#" + name + ")";
  }

  /** What would mean something to Markdown, in a table or out of it. */
  private static String escaped(String plain) {
    return plain.replaceAll("([\\\\`*_<>|\\[\\]])", "\\\\$1");
  }
}
