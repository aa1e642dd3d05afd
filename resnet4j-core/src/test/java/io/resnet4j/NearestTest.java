package io.resnet4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {
  private static final List<String> KNOWN = List.of("resnet20", "resnet32", "plain20");

  @Test
  void suggestsTheNearestName() {
    assertEquals("; did you mean 'resnet20'?", Nearest.suggestion("resnt20", KNOWN));
    assertEquals("; did you mean 'plain20'?", Nearest.suggestion("palin20", KNOWN));
    assertEquals(
        "; did you mean 'resnet32'?", Nearest.suggestion("resnet23x", List.of("resnet32")));
  }

  @Test
  void keepsQuietWhereNothingIsNear() {
    assertEquals("", Nearest.suggestion("vgg16", KNOWN));
    assertEquals("", Nearest.suggestion("", KNOWN));
  }

  @Test
  void swapsOfNeighboursCountOnce() {
    assertEquals(1, Nearest.distance("ab", "ba"));
    assertEquals(3, Nearest.distance("kitten", "sitting"));
    assertEquals(4, Nearest.distance("", "four"));
  }
}
