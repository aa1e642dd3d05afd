package io.resnet4j.app;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Writes what a shell wants to know of the commands: completion for bash and zsh, and a manual page
 * for each command. The build of a distribution runs it; what is written follows from the commands'
 * definitions alone.
 */
public final class CommandFiles {
  private static final String NAME = "resnet4j";

  private CommandFiles() {}

  /**
   * Writes {@code completion/resnet4j} and {@code man/man1/*.1}.
   *
   * @param arguments the folder to write to, and the version to be named
   */
  public static void main(String[] arguments) throws IOException {
    for (Map.Entry<String, String> file : files(arguments[1]).entrySet()) {
      Path path = Path.of(arguments[0]).resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.write(path, file.getValue().getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Contents by relative path. */
  static Map<String, String> files(String version) {
    CommandLine all = new CommandLine(CommandSpec.create().name(NAME));
    Map<String, String> files = new TreeMap<>();
    Commands.all()
        .forEach(
            (name, what) -> {
              if (name.equals("help")) {
                all.addSubcommand(name, CommandSpec.create());
                return;
              }
              CommandLine command = new CommandLine(Commands.make(name));
              all.addSubcommand(name, command);
              files.put(page(NAME + "-" + name), ManPage.of(command, what, version));
            });
    files.put(page(NAME), ManPage.ofAll(NAME, version));
    files.put("completion/" + NAME, AutoComplete.bash(NAME, all));
    return files;
  }

  private static String page(String name) {
    return "man/man1/" + name + ".1";
  }
}
