package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Reads the options of a command and runs it. */
final class Launch {
  private static final int WIDTH = 100;

  private Launch() {}

  static int run(Command command, String name, Console console, List<String> arguments) {
    boolean debug = arguments.contains("--debug");
    try {
      CommandLine line = new CommandLine(command);
      line.setCommandName("resnet4j " + name)
          .setUsageHelpWidth(WIDTH)
          .setExpandAtFiles(false)
          .setCaseInsensitiveEnumValuesAllowed(true);
      parse(line, name, arguments);
      if (line.isUsageHelpRequested()) {
        PrintWriter out = new PrintWriter(console.out(), true);
        line.usage(out);
        return Main.OK;
      }
      if (line.isVersionHelpRequested()) {
        console.result(Main.version());
        return Main.OK;
      }
      command.called(name, arguments);
      command.adjust(console);
      return command.run(console);
    } catch (RuntimeException | Error e) {
      return Main.failed(console, e, debug);
    }
  }

  private static void parse(CommandLine line, String name, List<String> arguments) {
    try {
      // What is unknown is told before what is missing: the one is often why the other is.
      line.setUnmatchedArgumentsAllowed(true);
      line.parseArgs(arguments.toArray(String[]::new));
      requireAllKnown(line, name);
    } catch (ParameterException e) {
      requireAllKnown(line, name);
      throw new InvalidInputException(name + ": " + lower(e.getMessage()) + more(name), e);
    }
  }

  private static void requireAllKnown(CommandLine line, String name) {
    if (line.getUnmatchedArguments().isEmpty()) {
      return;
    }
    String first = line.getUnmatchedArguments().get(0);
    if (!first.startsWith("-")) {
      throw new InvalidInputException(name + ": unknown argument '" + first + "'" + more(name));
    }
    int equals = first.indexOf('=');
    String option = equals > 0 ? first.substring(0, equals) : first;
    List<String> known = new ArrayList<>();
    line.getCommandSpec().options().forEach(each -> known.addAll(List.of(each.names())));
    throw new InvalidInputException(
        name
            + ": unknown option '"
            + option
            + "'"
            + Nearest.suggestion(option, known)
            + more(name));
  }

  private static String more(String name) {
    return " ('resnet4j " + name + " --help' shows what it takes)";
  }

  private static String lower(String text) {
    return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }
}
