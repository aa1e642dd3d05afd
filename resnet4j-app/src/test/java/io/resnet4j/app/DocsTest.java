package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * What the documents tell people to type: every command is one, every Java block compiles. Their
 * links are {@link SiteTest}'s.
 */
class DocsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");
  private static final Pattern COMMAND = Pattern.compile("(?m)^\\./resnet4j (.*)$");
  private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

  @TempDir Path folder;

  private record Place(String name, String text) {}

  private static List<Place> blocks(String language) throws IOException {
    List<Place> found = new ArrayList<>();
    for (Path file : Site.documents(ROOT)) {
      String text = Files.readString(file);
      Matcher block = BLOCK.matcher(text);
      while (block.find()) {
        if (block.group(1).equals(language)) {
          long line = text.substring(0, block.start()).lines().count() + 1;
          found.add(new Place(ROOT.relativize(file) + ":" + line, block.group(2)));
        }
      }
    }
    return found;
  }

  @TestFactory
  List<DynamicTest> commands() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Place block : blocks("sh")) {
      Matcher command = COMMAND.matcher(block.text().replace("\\\n", " "));
      while (command.find()) {
        String line = command.group(1).replaceAll("\\s+(#|[|<>]|2>|&&).*$", "").strip();
        tests.add(DynamicTest.dynamicTest(block.name() + " " + line, () -> parse(line)));
      }
    }
    assertTrue(tests.size() > 30, () -> "only " + tests.size() + " commands");
    return tests;
  }

  private static void parse(String line) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(line);
    while (word.find()) {
      words.add(Stream.of(1, 2, 3).map(word::group).filter(w -> w != null).findAny().orElseThrow());
    }
    if (words.get(0).startsWith("-")) {
      assertTrue(List.of("--help", "--version").contains(words.get(0)), line);
      return;
    }
    new CommandLine(Commands.make(words.get(0)))
        .setExpandAtFiles(false)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(words.subList(1, words.size()).toArray(String[]::new));
  }

  @TestFactory
  List<DynamicTest> java() throws IOException {
    String imports = imports();
    List<DynamicTest> tests = new ArrayList<>();
    for (Place block : blocks("java")) {
      tests.add(DynamicTest.dynamicTest(block.name(), () -> compile(imports + unit(block.text()))));
    }
    assertTrue(tests.size() >= 4, () -> "only " + tests.size() + " blocks");
    return tests;
  }

  /** A method of a class, or statements that know a few names. */
  private static String unit(String block) {
    return block.startsWith("static ") || block.startsWith("record ")
        ? "class Document {\n" + block + "}\n"
        : "class Document {\n  void statements(long seed, Path folder, List<Picture> pictures)"
            + " throws Exception {\n"
            + block
            + "}}\n";
  }

  /** Of every public package of the library. */
  private static String imports() throws IOException {
    Path sources = ROOT.resolve("resnet4j-core/src/main/java");
    StringBuilder text = new StringBuilder("import java.nio.file.*;\nimport java.util.*;\n");
    try (Stream<Path> files = Files.walk(sources)) {
      files
          .filter(file -> file.endsWith("package-info.java"))
          .map(file -> sources.relativize(file.getParent()).toString().replace('/', '.'))
          .sorted()
          .forEach(name -> text.append("import ").append(name).append(".*;\n"));
    }
    return text.toString();
  }

  private void compile(String source) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    JavaFileObject unit =
        new SimpleJavaFileObject(
            URI.create("string:///Document.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreErrors) {
            return source;
          }
        };
    boolean good =
        compiler
            .getTask(
                messages,
                null,
                null,
                List.of(
                    "-proc:none",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "-d",
                    folder.toString()),
                null,
                List.of(unit))
            .call();
    assertTrue(good, messages + source);
  }
}
