package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * THIRD-PARTY.txt names every library that the packages hold, with the version that they hold, and
 * repeats what these say of their licences themselves.
 */
class ThirdPartyTest {
  private static final Pattern JAR =
      Pattern.compile("(.+?)-(\\d[\\d.]*(?:-\\d[\\d.]*)?)(?:-[a-z]+-(?:x86_64|arm64))?\\.jar");

  /** On the class path for the tests alone. */
  private static final Pattern TESTING =
      Pattern.compile("(junit-|opentest4j|apiguardian|commonmark|autolink|surefire).*");

  private static final Pattern LEGAL =
      Pattern.compile("(?i)(META-INF|.*/webjars)/.*(licen[cs]e|notice)[^/]*");

  private static final String END = "END OF TERMS AND CONDITIONS";
  private static final String NOTICES = text();

  private static String text() {
    try {
      return Files.readString(Path.of("../THIRD-PARTY.txt"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Names and versions; a library may have a jar for each platform. */
  private static Map<String, List<Path>> libraries() {
    Map<String, List<Path>> found = new TreeMap<>();
    for (String each : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Matcher jar = JAR.matcher(Path.of(each).getFileName().toString());
      if (jar.matches()
          && !jar.group(1).startsWith("resnet4j")
          && !TESTING.matcher(jar.group(1)).matches()) {
        found
            .computeIfAbsent(jar.group(1) + " " + jar.group(2), key -> new ArrayList<>())
            .add(Path.of(each));
      }
    }
    return found;
  }

  @Test
  void everyLibraryIsNamedWithItsVersionAndNoOther() {
    String list =
        NOTICES.substring(0, NOTICES.indexOf("====")).replaceFirst("(?s).*?\n\n.*?\n\n", "");
    assertEquals(
        libraries().keySet(),
        list.strip()
            .lines()
            .map(line -> line.split(" {2}")[0])
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  @Test
  void whatTheLibrariesSayOfThemselvesIsRepeated() throws IOException {
    String all = flat(NOTICES);
    int seen = 0;
    for (List<Path> jars : libraries().values()) {
      for (Path path : jars) {
        try (JarFile jar = new JarFile(path.toFile())) {
          for (JarEntry entry : jar.stream().toList()) {
            if (LEGAL.matcher(entry.getName()).matches()) {
              try (InputStream in = jar.getInputStream(entry)) {
                String own = flat(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                // What follows the terms is how to apply them, with a place for a name or without.
                String terms = own.startsWith("Apache License") ? own.split(END)[0] + END : own;
                assertTrue(all.contains(terms), () -> path + "!" + entry.getName());
                seen++;
              }
            }
          }
        }
      }
    }
    assertTrue(seen > 20, "only " + seen + " texts");
  }

  private static String flat(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }
}
