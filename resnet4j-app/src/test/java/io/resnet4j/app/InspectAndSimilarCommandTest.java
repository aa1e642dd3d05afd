package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.data.Pictures;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.data.Views;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.infer.FeatureMaps;
import io.resnet4j.infer.Features;
import io.resnet4j.infer.Filters;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.GraphSpec;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Shape;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands around {@code infer.FeatureMaps}, {@code Filters} and {@code Neighbours}. */
class InspectAndSimilarCommandTest {
  @TempDir private Path temp;
  private Path weights;
  private Path pictures;
  private Path picture;
  private Model model;

  @BeforeEach
  void files() throws Exception {
    weights = temp.resolve("m.safetensors");
    model =
        Models.resnet20(3)
            .withBlocks(List.of(1, 1, 1))
            .withWidths(List.of(4, 6, 8))
            .initialise(1)
            .withMetadata(
                Model.PREPROCESSING, PreprocessingJson.write(Preprocessing.imageNet(32, 32)));
    model.save(weights);
    pictures = TinyFolder.write(temp.resolve("pictures"), 4);
    picture = pictures.resolve("train/dark/0.jpg");
  }

  private Ran inspect(Object... more) {
    List<Object> all =
        new ArrayList<>(List.of("inspect", "--weights", weights, "--out", temp.resolve("o.png")));
    all.addAll(List.of(more));
    return Ran.of(all.toArray());
  }

  private Ran similar(Object... more) {
    List<Object> all = new ArrayList<>(List.of("similar", "--weights", weights));
    all.addAll(List.of(more));
    return Ran.of(all.toArray());
  }

  private BufferedImage drawn() throws Exception {
    return ImageIO.read(temp.resolve("o.png").toFile());
  }

  @Test
  void channelsAreDrawnTheMostActiveFirst() throws Exception {
    JsonNode said =
        inspect(picture, "--layer", "layer2", "--count", "5", "--tile", "32", "--json")
            .good()
            .json();
    try (Predictor predictor = Predictor.open(model, Precision.F32)) {
      FeatureMaps maps =
          FeatureMaps.of(
              predictor, "layer2", predictor.inputs(List.of(Pictures.read(picture)), Views.CENTRE));
      assertEquals(maps.layer(), said.path("layer").asText());
      assertEquals(6, said.path("channels").asInt());
      assertEquals(5, said.path("shown").size());
      float most = 0;
      int brightest = 0;
      for (int i = 0; i < 5; i++) {
        assertEquals(maps.byActivity().get(i), said.path("shown").get(i).asInt());
      }
      // Five tiles of 16x16 numbers, two pixels each, in rows of three.
      BufferedImage sheet = drawn();
      assertEquals(3 * 36 + 4, sheet.getWidth());
      assertEquals(2 * 36 + 4, sheet.getHeight());
      int first = maps.byActivity().get(0);
      for (int p = 0; p < 256; p++) {
        if (maps.at(first, p / 16, p % 16) > most) {
          most = maps.at(first, p / 16, p % 16);
          brightest = p;
        }
      }
      int light = sheet.getRGB(4 + brightest % 16 * 2, 4 + brightest / 16 * 2) & 0xff00;
      for (int p = 0; p < 256; p++) {
        assertTrue((sheet.getRGB(5 + p % 16 * 2, 5 + p / 16 * 2) & 0xff00) <= light, "at " + p);
      }
    }
    String words = inspect(picture).good().out();
    assertTrue(words.contains("4 channels of conv1, the most active first: "), words);
  }

  @Test
  void filtersAreDrawn() throws Exception {
    JsonNode said = inspect("--tile", "9", "--json").good().json();
    assertTrue(said.path("file").isNull());
    assertEquals("conv1", said.path("layer").asText());
    assertEquals(4, said.path("filters").asInt());
    BufferedImage sheet = drawn();
    assertEquals(2 * 13 + 4, sheet.getWidth());
    Filters filters = Filters.first(model);
    int first = filters.byNorm().get(0);
    double largest = 0;
    for (int i = 0; i < 27; i++) {
      largest = Math.max(largest, Math.abs(filters.at(first, i / 9, i % 9 / 3, i % 3)));
    }
    int rgb = sheet.getRGB(4 + 3 + 1, 4 + 6 + 1);
    for (int c = 0; c < 3; c++) {
      assertEquals(
          255 * (0.5 + 0.5 * filters.at(first, c, 2, 1) / largest), rgb >> 16 - 8 * c & 0xff, 0.51);
    }
    // A row a filter, a tile a plane.
    inspect("--layer", "layer2.0.conv1", "--tile", "3", "--count", "3").good();
    assertEquals(3 * 7 + 4, drawn().getWidth());
    assertEquals(3 * 7 + 4, drawn().getHeight());
  }

  @Test
  void whatCannotBeInspectedIsSaid() throws Exception {
    inspect("--layer", "layer2.0.conv7").bad(Main.BAD_INPUT, "layer2.0.conv7", "layer2.0.conv1");
    inspect(picture, "--layer", "layer2.0.conv7")
        .bad(Main.BAD_INPUT, "did you mean 'layer2.0.conv1'");
    inspect(temp.resolve("no.png")).bad(Main.BAD_INPUT, "no.png");
    inspect("--count", "0").bad(Main.BAD_INPUT, "--count 0");
    inspect("--tta", "flip").bad(Main.BAD_INPUT, "--tta");
    GraphBuilder g = new GraphBuilder();
    Value images = g.input(ModelSpec.IMAGES, Shape.of(1, 3, 8, 8));
    g.output(ModelSpec.LOGITS, g.linear("fc", g.flatten("flat", images), 3));
    GraphSpec.of("flat", g.build()).initialise(1).save(weights);
    inspect().bad(Main.BAD_INPUT, "no convolution");
    inspect(picture).bad(Main.BAD_INPUT, "no convolution");
    assertFalse(Files.exists(temp.resolve("o.png")));
  }

  /** Cosines of the picture's features with those of each other picture of a folder. */
  private Map<String, Double> cosines(Path folder) throws Exception {
    Map<String, Double> all = new HashMap<>();
    try (Predictor predictor = Predictor.open(model, Precision.F32);
        var files = Files.walk(folder)) {
      Features features = Features.of(predictor);
      float[] query = features.of(List.of(Pictures.read(picture))).get(0);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        float[] other = features.of(List.of(Pictures.read(file))).get(0);
        double both = 0;
        double a = 0;
        double b = 0;
        for (int i = 0; i < query.length; i++) {
          both += (double) query[i] * other[i];
          a += (double) query[i] * query[i];
          b += (double) other[i] * other[i];
        }
        if (!file.equals(picture)) {
          all.put(file.toString(), both / Math.sqrt(a * b));
        }
      }
    }
    return all;
  }

  private void assertClosest(JsonNode said, Path folder, int count) throws Exception {
    Map<String, Double> cosines = cosines(folder);
    assertEquals(cosines.size(), said.path("searched").asInt());
    assertEquals(count, said.path("neighbours").size());
    List<Double> best = new ArrayList<>(cosines.values());
    best.sort(java.util.Comparator.reverseOrder());
    for (int i = 0; i < count; i++) {
      JsonNode one = said.path("neighbours").get(i);
      assertEquals(best.get(i), one.path("similarity").asDouble(), 1e-5);
      assertEquals(cosines.get(one.path("file").asText()), one.path("similarity").asDouble(), 1e-5);
    }
  }

  @Test
  void theClosestOfAFolderAreFound() throws Exception {
    Path train = pictures.resolve("train");
    JsonNode said =
        similar(
                picture,
                train,
                "--count",
                "3",
                "--out",
                temp.resolve("o.png"),
                "--tile",
                "30",
                "--json")
            .good()
            .json();
    assertClosest(said, train, 3);
    assertTrue(said.path("neighbours").get(0).path("class").isNull());
    assertEquals(2 * 34 + 4, drawn().getWidth());
    String table = similar(picture, train).good().out();
    assertEquals(6, table.lines().count(), table);
    assertTrue(table.startsWith("cosine  picture"), table);
  }

  @Test
  void theClosestOfADataSetHaveTheirClasses() throws Exception {
    JsonNode said =
        similar(picture, "--data", "folder:" + pictures, "--count", "2", "--json").good().json();
    assertClosest(said, pictures.resolve("train"), 2);
    for (JsonNode one : said.path("neighbours")) {
      assertTrue(
          one.path("file").asText().contains("/" + one.path("class").asText() + "/"),
          one.toString());
    }
    JsonNode test =
        similar(picture, "--data", "folder:" + pictures, "--split", "test", "--json").good().json();
    assertEquals(8, test.path("searched").asInt());
    assertTrue(similar(picture, "--data", "folder:" + pictures).good().out().contains("class"));
  }

  @Test
  void badPicturesAreLeftOutOrEndTheSearch() throws Exception {
    Path train = pictures.resolve("train");
    Files.writeString(train.resolve("dark/zz.jpg"), "no picture");
    Ran skipped = similar(picture, train, "--json");
    assertEquals(Main.BAD_INPUT, skipped.status());
    assertTrue(skipped.err().contains("zz.jpg"), skipped.err());
    assertEquals(7, skipped.json().path("searched").asInt());
    similar(picture, train, "--on-bad-image", "fail").bad(Main.BAD_INPUT, "zz.jpg");
    similar(train.resolve("dark/zz.jpg"), train).bad(Main.BAD_INPUT, "zz.jpg");
  }

  @Test
  void whatCannotBeComparedIsSaid() {
    similar(picture).bad(Main.BAD_INPUT, "nothing to look among", "--data");
    similar(picture, pictures, "--data", "synthetic").bad(Main.BAD_INPUT, "one of them");
    similar(picture, pictures, "--split", "test").bad(Main.BAD_INPUT, "--split", "--data");
    similar(picture, pictures, "--count", "0").bad(Main.BAD_INPUT, "--count 0");
    similar(picture, picture).bad(Main.BAD_INPUT, "no other picture");
    GraphBuilder g = new GraphBuilder();
    Value images = g.input(ModelSpec.IMAGES, Shape.of(1, 3, 8, 8));
    g.output(ModelSpec.LOGITS, g.flatten("flat", g.globalAveragePool("pool", images)));
    GraphSpec.of("headless", g.build()).initialise(1).save(weights);
    similar(picture, pictures).bad(Main.BAD_INPUT, "features", "'flat'");
  }
}
