package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.lab.Experiment;
import io.resnet4j.lab.Experiments;
import io.resnet4j.lab.Settings;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.Recipes;
import java.io.IOException;
import java.io.StringReader;
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
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import picocli.CommandLine;

/**
 * What the documents tell people to type: every command is one, with settings, recipes and networks
 * that are there; every Java block compiles, every JSON block is read, and the dependencies are
 * those of the build. Their links are {@link SiteTest}'s.
 */
class DocsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");

  /** A comment, a redirection with its file, what ends a command, or a word. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "(#.*)|(\\d?[<>]+&?\\s*[^\\s|&;<>]+)|(&&|[|&;])|((?:'[^']*'|\"[^\"]*\"|[^\\s|&;<>'\"])+)");

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
    int behindPipes = 0;
    for (Place block : blocks("sh")) {
      for (String line : block.text().replace("\\\n", " ").split("\n")) {
        List<List<String>> commands = commands(line);
        for (List<String> words : commands) {
          if (words.get(0).equals("./resnet4j") && words.size() > 1) {
            behindPipes += words == commands.get(0) ? 0 : 1;
            String name = block.name() + " " + String.join(" ", words);
            tests.add(DynamicTest.dynamicTest(name, () -> require(words.subList(1, words.size()))));
          }
        }
      }
    }
    assertTrue(tests.size() > 30, () -> "only " + tests.size() + " commands");
    assertTrue(behindPipes > 1, "only " + behindPipes + " behind pipes");
    return tests;
  }

  /** The simple commands of a line of shell, as words; redirections and comments are left out. */
  private static List<List<String>> commands(String line) {
    List<List<String>> commands = new ArrayList<>();
    List<String> words = new ArrayList<>();
    Matcher token = TOKEN.matcher(line);
    while (token.find() && !token.group().startsWith("#")) {
      if (token.group(4) != null) {
        words.add(token.group(4).replaceAll("'([^']*)'|\"([^\"]*)\"", "$1$2"));
      } else if (token.group(3) != null) {
        commands.add(words);
        words = new ArrayList<>();
      }
    }
    commands.add(words);
    return commands.stream().filter(each -> !each.isEmpty()).toList();
  }

  private static void require(List<String> words) {
    String name = words.get(0);
    List<String> arguments = words.subList(1, words.size());
    if (name.startsWith("-")) {
      assertTrue(List.of("--help", "--version").contains(name), name);
      return;
    }
    CommandLine.ParseResult given =
        new CommandLine(Commands.make(name))
            .setExpandAtFiles(false)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .parseArgs(arguments.toArray(String[]::new));
    String model = given.matchedOptionValue("--model", "");
    if (!model.isEmpty() && !model.endsWith(".json")) {
      Specs.named(model);
    }
    List<String> settings = given.matchedOptionValue("--set", List.of());
    if (name.equals("lab")) {
      if (given.hasMatchedPositional(0)) {
        String experiment = given.matchedPositionalValue(0, "");
        if (!experiment.equals(Tour.NAME)) {
          Experiment found = Experiments.named(experiment);
          Settings chosen = found.settings(given.hasMatchedOption("--full"));
          for (String setting : settings) {
            chosen = chosen.set(setting);
          }
          found.cells(chosen);
        }
      }
      return;
    }
    Recipe recipe =
        Recipe.named(
            name.equals("finetune")
                ? "finetune"
                : given.matchedOptionValue("--recipe", "cifar10-default"));
    for (String setting : settings) {
      recipe = recipe.set(setting);
    }
  }

  @Test
  void wordsOfALine() {
    assertEquals(
        List.of(
            List.of("find", ".", "-name", "*.jpg"),
            List.of("./resnet4j", "predict", "-"),
            List.of("a", "b c"),
            List.of("d=e f,g")),
        commands(
            "find . -name '*.jpg' | ./resnet4j predict - 2>/dev/null && a \"b c\" >x; 'd=e f',g &#"));
    assertEquals(List.of(List.of("a#b")), commands("a#b # c | d"));
    assertThrows(
        InvalidInputException.class,
        () ->
            require(
                List.of("train", "--model", "resnet20", "--data", "D", "--set", "momentun=0.9")));
    assertThrows(
        InvalidInputException.class,
        () -> require(List.of("lab", "gradients", "--set", "depth=56")));
  }

  @Test
  void everySettingIsInTheReference() throws IOException {
    String reference = Files.readString(ROOT.resolve("docs/training.md"));
    assertEquals(
        List.of(),
        Recipes.settings().keySet().stream()
            .filter(key -> !reference.contains("`" + key + "`"))
            .toList());
  }

  @TestFactory
  List<DynamicTest> json() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Place block : blocks("json")) {
      tests.add(DynamicTest.dynamicTest(block.name(), () -> readJson(block)));
    }
    assertTrue(tests.size() >= 4, () -> "only " + tests.size() + " blocks");
    return tests;
  }

  /** A network is read as one; of other objects all that can be said is that they are JSON. */
  private static void readJson(Place block) throws IOException {
    JsonNode tree = Json.MAPPER.readTree(block.text());
    assertTrue(tree.isObject(), block.text());
    if (tree.has("base") || tree.has("type")) {
      ModelSpec spec = ModelSpec.fromJson(block.text(), block.name());
      assertTrue(spec.graph(1).parameters().size() > 2, spec.name());
    }
  }

  @TestFactory
  List<DynamicTest> xml() throws Exception {
    Element pom = xml(Files.readString(ROOT.resolve("pom.xml")));
    List<DynamicTest> tests = new ArrayList<>();
    for (Place block : blocks("xml")) {
      tests.add(DynamicTest.dynamicTest(block.name(), () -> requireVersions(block, pom)));
    }
    assertTrue(tests.size() >= 2, () -> "only " + tests.size() + " blocks");
    return tests;
  }

  /** Versions are the build's: those of its properties, or its own. */
  private static void requireVersions(Place block, Element pom) throws Exception {
    NodeList dependencies =
        xml("<all>" + block.text() + "</all>").getElementsByTagName("dependency");
    assertTrue(dependencies.getLength() > 0, block.text());
    for (int i = 0; i < dependencies.getLength(); i++) {
      Element dependency = (Element) dependencies.item(i);
      String artifact = text(dependency, "artifactId");
      String property = artifact.equals("resnet4j") ? "version" : artifact + ".version";
      assertEquals(text(pom, property), text(dependency, "version"), artifact);
    }
  }

  private static Element xml(String text) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(text)))
        .getDocumentElement();
  }

  private static String text(Element parent, String name) {
    return parent.getElementsByTagName(name).item(0).getTextContent();
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
