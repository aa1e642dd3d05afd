package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The documents as a site: whole, on its own, and refused where a link is dead. */
class SiteTest {
  private static final Pattern ADDRESS = Pattern.compile("(href|src)=\"([^\"]*)\"");

  @TempDir private Path folder;

  @Test
  void everyPageStandsAloneAndEveryLinkLeadsSomewhere() throws Exception {
    Path javadoc = Files.createDirectory(folder.resolve("made"));
    Files.writeString(javadoc.resolve("index.html"), "Javadoc");
    Path out = folder.resolve("site");
    assertTrue(Site.make(Path.of(".."), out, javadoc) > 60);
    List<String> wrong = new ArrayList<>();
    try (Stream<Path> files = Files.walk(out)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".html")).toList()) {
        Matcher address = ADDRESS.matcher(Files.readString(file));
        while (address.find()) {
          String to = address.group(2);
          boolean link = address.group(1).equals("href") && to.startsWith("https://");
          String path = URLDecoder.decode(to.replaceFirst("#.*", ""), StandardCharsets.UTF_8);
          if (!link
              && !to.startsWith("data:")
              && !to.startsWith("#")
              && !Files.isRegularFile(file.resolveSibling(path).normalize())) {
            wrong.add(out.relativize(file) + " -> " + to);
          }
        }
      }
    }
    assertEquals(List.of(), wrong);
    String front = Files.readString(out.resolve("index.html"));
    assertTrue(front.contains("<title>resnet4j</title>"), front);
    assertTrue(front.contains("href=\"docs/serving.html\"") && front.contains("\"index.zh.html\""));
    assertTrue(Files.readString(out.resolve("index.zh.html")).contains("<html lang=\"zh\">"));
    assertTrue(Site.documents(Path.of("..")).size() > 20);
    String serving = Files.readString(out.resolve("docs/serving.html"));
    assertTrue(serving.contains("aria-current=\"page\">serve a network"), serving);
    assertTrue(serving.contains("href=\"../javadoc/index.html\""), serving);
    assertFalse(Files.readString(out.resolve("site.css")).contains("url("));
  }

  private Path project(String text) throws Exception {
    Path root = Files.createDirectories(folder.resolve("project"));
    Files.createDirectories(root.resolve("docs"));
    Files.writeString(root.resolve("README.zh.md"), "# 中文\n");
    Files.writeString(root.resolve("README.md"), "# Front\n\n## A part, of it\n");
    Files.writeString(root.resolve("docs/README.md"), "# D\n\n**Part**\n- [front](../README.md)\n");
    Files.writeString(root.resolve("docs/page.md"), text);
    return root;
  }

  private void refused(String text, String part) throws Exception {
    Path root = project(text);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> Site.make(root, folder.resolve("o"), root));
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertFalse(Files.exists(folder.resolve("o")));
  }

  @Test
  void deadLinksAreRefused() throws Exception {
    Site.make(
        project("[a](../README.md#a-part-of-it) [b](https://example.org)"),
        folder.resolve("good"),
        folder);
    refused("[a](none.md)", "docs/page.md: none.md is not there");
    refused("[a](../README.md#none)", "README.md has no heading #none");
    refused("[a](#none)", "docs/page.md has no heading #none");
    refused("[a](../../etc)", "../../etc is not there");
    refused("![a](none.png)", "none.png is not there");
    refused("![a](https://example.org/a.png)", "is not ours");
  }
}
