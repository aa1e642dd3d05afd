package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The zip holds the documents, and whatever these lead to. */
class PackedDocumentsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** What the zip takes from the project's folder, by the patterns of the assembly. */
  private static List<PathMatcher> packed() throws Exception {
    Element assembly =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(ROOT.resolve("resnet4j-dist/src/assembly/common.xml").toFile())
            .getDocumentElement();
    List<PathMatcher> patterns = new ArrayList<>();
    NodeList sets = assembly.getElementsByTagName("fileSet");
    for (int i = 0; i < sets.getLength(); i++) {
      Element set = (Element) sets.item(i);
      if (!text(set, "directory").equals("${project.basedir}/..")) {
        continue;
      }
      assertEquals("", text(set, "outputDirectory"));
      assertEquals(
          0, set.getElementsByTagName("exclude").getLength(), "this test knows no excludes");
      NodeList includes = set.getElementsByTagName("include");
      for (int j = 0; j < includes.getLength(); j++) {
        patterns.add(
            FileSystems.getDefault().getPathMatcher("glob:" + includes.item(j).getTextContent()));
      }
    }
    return patterns;
  }

  private static String text(Element parent, String name) {
    return parent.getElementsByTagName(name).item(0).getTextContent();
  }

  @Test
  void whatDocumentsLeadToIsPackedToo() throws Exception {
    List<PathMatcher> patterns = packed();
    Set<Path> linked = Site.linked(ROOT);
    assertTrue(linked.size() > 150, () -> "only " + linked.size() + " files");
    assertEquals(
        List.of(),
        linked.stream()
            .filter(path -> !Files.isDirectory(ROOT.resolve(path)))
            .filter(path -> patterns.stream().noneMatch(pattern -> pattern.matches(path)))
            .toList());
    assertTrue(linked.contains(Path.of("THIRD-PARTY.txt")));
  }
}
