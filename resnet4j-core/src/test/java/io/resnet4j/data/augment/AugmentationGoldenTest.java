package io.resnet4j.data.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.resnet4j.data.PictureSize;
import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Operations and tables against Pillow and torchvision. */
class AugmentationGoldenTest {
  private static final Map<String, Operation> NAMES =
      Map.ofEntries(
          Map.entry("Identity", Operation.IDENTITY),
          Map.entry("ShearX", Operation.SHEAR_X),
          Map.entry("ShearY", Operation.SHEAR_Y),
          Map.entry("TranslateX", Operation.TRANSLATE_X),
          Map.entry("TranslateY", Operation.TRANSLATE_Y),
          Map.entry("Rotate", Operation.ROTATE),
          Map.entry("Brightness", Operation.BRIGHTNESS),
          Map.entry("Color", Operation.COLOUR),
          Map.entry("Contrast", Operation.CONTRAST),
          Map.entry("Sharpness", Operation.SHARPNESS),
          Map.entry("Posterize", Operation.POSTERIZE),
          Map.entry("Solarize", Operation.SOLARIZE),
          Map.entry("AutoContrast", Operation.AUTO_CONTRAST),
          Map.entry("Equalize", Operation.EQUALIZE),
          Map.entry("Invert", Operation.INVERT));

  private static JsonNode golden;

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in =
        AugmentationGoldenTest.class.getResourceAsStream("/golden/data/augment.json")) {
      golden = new ObjectMapper().readTree(in);
    }
  }

  private static byte[] planes(JsonNode node) {
    return Base64.getDecoder().decode(node.path("planes").asText());
  }

  @Test
  void everyOperationIsPillows() {
    assertTrue(golden.path("cases").size() > 100);
    for (JsonNode one : golden.path("cases")) {
      JsonNode picture = golden.path("pictures").path(one.path("picture").asText());
      JsonNode side = picture.path("size");
      PictureSize size =
          new PictureSize(side.get(0).asInt(), side.get(1).asInt(), side.get(2).asInt());
      byte[] from = planes(picture);
      byte[] to = new byte[from.length + 3];
      double magnitude = one.path("magnitude").asDouble();
      String name = one.path("op").asText();
      switch (name) {
        case "hue" -> Colours.hue(from, to, size, magnitude);
        case "rotation" ->
            Affine.rotation(magnitude, size).bilinear(from, to, size, List.of(10, 20, 30));
        default -> NAMES.get(name).apply(from, to, size, magnitude);
      }
      assertArrayEquals(planes(picture), from, "the source was changed");
      byte[] expected = java.util.Arrays.copyOf(planes(one), to.length);
      int different = 0;
      for (int i = 0; i < to.length; i++) {
        different += to[i] == expected[i] ? 0 : 1;
      }
      assertEquals(
          0,
          different,
          name + " of " + magnitude + " on " + one.path("picture").asText() + ": bytes differ");
    }
  }

  @Test
  void magnitudesAreTorchvisions() {
    PictureSize size = new PictureSize(3, 13, 17);
    for (String space : List.of("USUAL", "WIDE", "TEN")) {
      Operation.Range range = space.equals("WIDE") ? Operation.Range.WIDE : Operation.Range.USUAL;
      for (Map.Entry<String, JsonNode> entry : golden.path("magnitudes").path(space).properties()) {
        Operation operation = NAMES.get(entry.getKey());
        JsonNode values = entry.getValue().get(0);
        assertEquals(entry.getValue().get(1).asBoolean(), operation.signed(), entry.getKey());
        for (int i = 0; i < values.size(); i++) {
          double share = i / (values.size() - 1.0);
          assertEquals(
              values.get(i).asDouble(),
              operation.magnitude(share, range, size),
              2e-5,
              space + " " + entry.getKey() + " " + i);
        }
      }
      // The policies choose from the operations in front of inversion.
      int expected = space.equals("TEN") ? 14 : Operation.INVERT.ordinal();
      assertEquals(expected, golden.path("magnitudes").path(space).size());
    }
  }

  @Test
  void policiesAreTorchvisions() {
    for (AutoAugment.Policy policy : AutoAugment.Policy.values()) {
      JsonNode expected = golden.path("policies").path(policy.name());
      AutoAugmentTables.Pair[] pairs = AutoAugmentTables.of(policy);
      assertEquals(25, pairs.length);
      for (int i = 0; i < pairs.length; i++) {
        assertPart(expected.get(i).get(0), pairs[i].first());
        assertPart(expected.get(i).get(1), pairs[i].second());
      }
    }
  }

  private static void assertPart(JsonNode expected, AutoAugmentTables.Part part) {
    assertEquals(NAMES.get(expected.get(0).asText()), part.operation());
    assertEquals(expected.get(1).asDouble(), part.probability());
    assertEquals(expected.get(2).asInt(), part.strength());
  }
}
