package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Version;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The entry point of {@code ./resnet4j}. Global options may stand before the command or after it;
 * only the class of the command that is asked for is loaded, so that a start is short.
 */
public final class Main {
  /** Done. */
  static final int OK = 0;

  /** Failed while running. */
  static final int FAILED = 1;

  /** Wrong usage or wrong input. */
  static final int BAD_INPUT = 2;

  /** Ended by Ctrl-C. */
  static final int INTERRUPTED = 130;

  private Main() {}

  /** Runs the command line and ends the process with its exit status. */
  public static void main(String[] arguments) {
    int status = run(new Console(System.out, System.err, Console.errorsGoToTerminal()), arguments);
    System.out.flush();
    System.exit(status);
  }

  /**
   * Runs a command line.
   *
   * @return the exit status
   */
  static int run(Console console, String... arguments) {
    List<String> before = new ArrayList<>();
    try {
      for (int i = 0; i < arguments.length; i++) {
        String argument = arguments[i];
        switch (argument) {
          case "-h", "--help" -> {
            console.result(Commands.help());
            return OK;
          }
          case "--version" -> {
            console.result(version());
            return OK;
          }
          case "help" -> {
            return help(console, Arrays.asList(arguments).subList(i + 1, arguments.length));
          }
          case "-v", "--verbose", "-q", "--quiet", "--debug" -> before.add(argument);
          default -> {
            if (argument.startsWith("-")) {
              throw new InvalidInputException(
                  "unknown option '"
                      + argument
                      + "' before the command; options of a command stand behind it, 'resnet4j"
                      + " --help' shows the commands");
            }
            before.addAll(Arrays.asList(arguments).subList(i + 1, arguments.length));
            return Launch.run(Commands.make(argument), argument, console, before);
          }
        }
      }
      console.info(Commands.help());
      console.error("no command given; expected 'resnet4j COMMAND', such as 'resnet4j quickstart'");
      return BAD_INPUT;
    } catch (InvalidInputException e) {
      return failed(console, e, before.contains("--debug"));
    }
  }

  private static int help(Console console, List<String> command) {
    if (command.isEmpty()) {
      console.result(Commands.help());
      return OK;
    }
    return Launch.run(Commands.make(command.get(0)), command.get(0), console, List.of("--help"));
  }

  /** Such as {@code resnet4j 0.1.0}. */
  static String version() {
    return "resnet4j " + Version.own();
  }

  /** Reports what went wrong and says with which status that ends. */
  static int failed(Console console, Throwable thrown, boolean debug) {
    console.error(Failures.line(thrown));
    if (debug) {
      thrown.printStackTrace(console.err());
    }
    return thrown instanceof InvalidInputException ? BAD_INPUT : FAILED;
  }

  /** As {@link #run(Console, String...)} without a terminal; what tests call. */
  static int run(PrintStream out, PrintStream err, String... arguments) {
    return run(new Console(out, err, false), arguments);
  }
}
