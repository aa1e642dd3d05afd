package io.resnet4j.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Normaliser;
import io.resnet4j.data.Picture;
import io.resnet4j.data.PictureSize;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.data.Synthetic;
import io.resnet4j.data.Views;
import io.resnet4j.model.Model;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over the reference backend; what it computes is proven elsewhere. */
class PredictorTest {
  private static final Backend REFERENCE = Backends.named("reference");
  private static final Dataset DATA = Synthetic.draw(20, 13, 4).test();

  private static Model model() {
    PictureSize size = DATA.pictureSize();
    Preprocessing preprocessing = Preprocessing.of(DATA, Normalisation.perChannel(DATA));
    return Models.resnet20(DATA.classes().size())
        .withBlocks(List.of(1, 1, 1))
        .withWidths(List.of(4, 8, 8))
        .withInput(size.channels(), size.height(), size.width())
        .initialise(3)
        .withClassNames(DATA.classes())
        .withMetadata(Model.PREPROCESSING, PreprocessingJson.write(preprocessing));
  }

  private static Predictor open(Model model) {
    return Predictor.open(model, Precision.F32, REFERENCE);
  }

  private static FloatBuffer images(Predictor predictor, int count) {
    Normaliser normaliser =
        new Normaliser(predictor.preprocessing().orElseThrow().normalisation(), DATA.pictureSize());
    FloatBuffer images = FloatBuffer.allocate(count * DATA.pictureSize().samples());
    for (int i = 0; i < count; i++) {
      normaliser.apply(levels(i), images);
    }
    return images.flip();
  }

  private static byte[] levels(int index) {
    byte[] chw = new byte[DATA.pictureSize().samples()];
    DATA.picture(index, chw);
    return chw;
  }

  @Test
  void anyCountGivesWhatSinglePicturesGive() {
    try (Predictor predictor = open(model())) {
      FloatBuffer images = images(predictor, 7);
      float[] all = predictor.logits(images, 7);
      assertEquals(0, images.position());
      int classes = predictor.spec().classes();
      for (int i = 0; i < 7; i++) {
        FloatBuffer one = images.duplicate().position(i * DATA.pictureSize().samples());
        assertArrayEquals(
            Arrays.copyOfRange(all, i * classes, (i + 1) * classes),
            predictor.logits(one, 1),
            1e-6f,
            "picture " + i);
      }
      assertEquals(0, predictor.logits(images, 0).length);
    }
  }

  @Test
  void viewsAreAveraged() {
    try (Predictor predictor = open(model())) {
      int classes = predictor.spec().classes();
      Picture picture = DATA.whole(2);
      byte[] mirrored = new byte[DATA.pictureSize().samples()];
      for (int i = 0; i < mirrored.length; i++) {
        mirrored[i] = levels(2)[i / 32 * 32 + 31 - i % 32];
      }
      double[] expected = new double[classes];
      for (byte[] view : List.of(levels(2), mirrored)) {
        for (Prediction each : predictor.predict(view, classes)) {
          expected[each.index()] += each.probability() / 2;
        }
      }
      for (Prediction each : predictor.predict(List.of(picture), classes, Views.FLIP).get(0)) {
        assertEquals(expected[each.index()], each.probability(), 1e-6);
      }
      Preprocessing known = predictor.preprocessing().orElseThrow();
      Evaluation flipped = predictor.evaluate(DATA, known, 5, Views.FLIP);
      assertEquals(13, flipped.n());
      Evaluation cropped = predictor.evaluate(DATA, known, 50, Views.CROPS);
      assertTrue(Math.abs(flipped.loss() - predictor.evaluate(DATA, 5).loss()) > 1e-6);
      assertEquals(loss(predictor, Views.FLIP), flipped.loss(), 1e-6);
      assertEquals(loss(predictor, Views.CROPS), cropped.loss(), 1e-6);
    }
  }

  private static double loss(Predictor predictor, Views views) {
    double loss = 0;
    for (int i = 0; i < 13; i++) {
      int label = DATA.label(i);
      for (Prediction each :
          predictor.predict(List.of(DATA.whole(i)), DATA.classes().size(), views).get(0)) {
        loss -= each.index() == label ? Math.log(each.probability()) : 0;
      }
    }
    return loss / 13;
  }

  @Test
  void predictionsAreSortedSharesWithNames() {
    try (Predictor predictor = open(model())) {
      int classes = predictor.spec().classes();
      List<Prediction> all = predictor.predict(levels(0), 1000);
      assertEquals(classes, all.size());
      assertEquals(1, all.stream().mapToDouble(Prediction::probability).sum(), 1e-9);
      for (int i = 1; i < classes; i++) {
        assertTrue(all.get(i - 1).probability() >= all.get(i).probability());
      }
      Prediction best = all.get(0);
      assertEquals(DATA.classes().get(best.index()), best.label());
      assertEquals(all.subList(0, 2), predictor.predict(levels(0), 2));
      assertEquals(all, predictor.predict(images(predictor, 1), 1000));
      assertThrows(InvalidInputException.class, () -> predictor.predict(levels(0), 0));
      assertThrows(InvalidInputException.class, () -> predictor.predict(new byte[3], 1));
    }
  }

  @Test
  void picturesOfAnySizeAreFittedAndBatched() {
    try (Predictor predictor = open(model())) {
      List<Picture> pictures = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        pictures.add(Picture.of(DATA.pictureSize(), levels(i)));
      }
      pictures.add(pictures.get(0).resize(50, 71));
      List<List<Prediction>> batched = predictor.predict(pictures, 3);
      for (int i = 0; i < pictures.size(); i++) {
        List<Prediction> single = predictor.predict(pictures.get(i), 3);
        assertEquals(
            single.stream().map(Prediction::index).toList(),
            batched.get(i).stream().map(Prediction::index).toList());
      }
      assertEquals(predictor.predict(levels(1), 3), predictor.predict(pictures.get(1), 3));
    }
  }

  @Test
  void evaluationAgreesWithThePredictions() {
    try (Predictor predictor = open(model())) {
      int first = 0;
      double loss = 0;
      int five = 0;
      for (int i = 0; i < DATA.size(); i++) {
        List<Prediction> all = predictor.predict(levels(i), 1000);
        int label = DATA.label(i);
        first += all.get(0).index() == label ? 1 : 0;
        five += all.stream().limit(5).anyMatch(p -> p.index() == label) ? 1 : 0;
        loss -=
            Math.log(
                all.stream()
                    .filter(p -> p.index() == label)
                    .findFirst()
                    .orElseThrow()
                    .probability());
      }
      Evaluation evaluation = predictor.evaluate(DATA, 5);
      assertEquals(13, evaluation.n());
      assertEquals(first / 13.0, evaluation.top1(), 1e-12);
      assertEquals(five / 13.0, evaluation.top5(), 1e-12);
      assertEquals(loss / 13, evaluation.loss(), 1e-5);
      Evaluation whole = predictor.evaluate(DATA, 100);
      assertEquals(evaluation.loss(), whole.loss(), 1e-5);
      assertEquals(evaluation.top1(), whole.top1());
    }
  }

  @Test
  void openedFromAFileItAnswersAlike(@TempDir Path folder) {
    Path file = folder.resolve("m.safetensors");
    model().save(file);
    try (Predictor saved = open(Model.load(file));
        Predictor fresh = open(model())) {
      assertEquals(fresh.predict(levels(2), 5), saved.predict(levels(2), 5));
      assertEquals(fresh.preprocessing(), saved.preprocessing());
    }
  }

  @Test
  void theDefaultBackendAnswersAlike() {
    try (Predictor reference = open(model());
        Predictor fast = Predictor.open(model(), Precision.F32)) {
      FloatBuffer images = images(reference, 7);
      assertArrayEquals(reference.logits(images, 7), fast.logits(images, 7), 1e-4f);
      assertEquals(reference.evaluate(DATA, 6).loss(), fast.evaluate(DATA, 6).loss(), 1e-4);
    }
  }

  @Test
  void threadsTakeTurns() throws Exception {
    try (Predictor predictor = open(model())) {
      List<List<Prediction>> expected = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        expected.add(predictor.predict(levels(i), 3));
      }
      ExecutorService pool = Executors.newFixedThreadPool(4);
      try {
        List<Future<List<Prediction>>> answers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          int index = i;
          answers.add(pool.submit(() -> predictor.predict(levels(index), 3)));
        }
        for (int i = 0; i < 8; i++) {
          assertEquals(expected.get(i), answers.get(i).get());
        }
      } finally {
        pool.shutdownNow();
      }
    }
  }

  @Test
  void closedItRefuses() {
    Predictor predictor = open(model());
    predictor.close();
    predictor.close();
    Exception e = assertThrows(IllegalStateException.class, () -> predictor.predict(levels(0), 1));
    assertEquals("predictor of resnet20: it is closed; open a new one", e.getMessage());
  }

  /** Sessions, engine threads and closing do not get into each other's way. */
  @Test
  void manyPredictorsAndThreadsAtOnceAndCloseWhileInUse() throws Exception {
    Model model = model();
    FloatBuffer images;
    float[] expected;
    try (Predictor predictor = open(model)) {
      images = images(predictor, 4);
      expected = predictor.logits(images, 4);
    }
    List<Predictor> many = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      many.add(
          Predictor.open(model, Precision.F32, i % 2 == 0 ? REFERENCE : Backends.named("onednn")));
    }
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Integer>> runs = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        Predictor own = many.get(thread % many.size());
        runs.add(
            threads.submit(
                () -> {
                  for (int answers = 0; ; answers++) {
                    try {
                      assertArrayEquals(expected, own.logits(images, 4), 1e-4f);
                      Explanations.of(own).explain(Explanation.GRAD_CAM, images, 0);
                    } catch (IllegalStateException closed) {
                      assertTrue(closed.getMessage().contains("it is closed"));
                      return answers;
                    }
                  }
                }));
      }
      Thread.sleep(200);
      many.forEach(Predictor::close);
      for (Future<Integer> run : runs) {
        run.get(20, TimeUnit.SECONDS);
      }
      many.forEach(Predictor::close);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void preparedPlansAndBestAnswersAreTheSame() {
    try (Predictor predictor = open(model())) {
      predictor.prepare(5);
      float[] logits = predictor.logits(images(predictor, 1), 1);
      assertEquals(predictor.predict(levels(0), 3), predictor.best(logits, 3));
      assertThrows(InvalidInputException.class, () -> predictor.best(new float[2], 1));
    }
  }

  @Test
  void otherDataAndMissingPreprocessingAreRefused() {
    Model model = model();
    Model bare = Model.of(model.spec(), model.state(), Map.of());
    try (Predictor predictor = open(bare)) {
      Exception e =
          assertThrows(InvalidInputException.class, () -> predictor.predict(levels(0), 1));
      assertTrue(e.getMessage().contains("how pictures become its input"), e.getMessage());
      assertEquals("0", predictor.labels().get(0));
      assertThrows(
          InvalidInputException.class,
          () -> predictor.logits(FloatBuffer.allocate(DATA.pictureSize().samples()), 2));
    }
    List<String> reversed = new ArrayList<>(DATA.classes());
    java.util.Collections.reverse(reversed);
    try (Predictor predictor = open(model.withClassNames(reversed))) {
      Exception e = assertThrows(InvalidInputException.class, () -> predictor.evaluate(DATA, 5));
      assertTrue(e.getMessage().contains("are not the"), e.getMessage());
    }
    Exception e =
        assertThrows(
            InvalidInputException.class,
            () -> open(model.withMetadata(Model.PREPROCESSING, "{\"channels\":3}")));
    assertTrue(
        e.getMessage().startsWith("model resnet20: the preprocessing cannot be read: "),
        e.getMessage());
  }

  @Test
  void brokenWeightsAreNoted() {
    Model model = model();
    Map<String, Tensor> state = new LinkedHashMap<>(model.state());
    float[] bias = state.get("fc.bias").toFloats();
    bias[0] = Float.NaN;
    state.put("fc.bias", Tensor.ofFloats(state.get("fc.bias").shape(), bias));
    try (Predictor predictor = open(model.withState(state))) {
      assertThrows(IllegalStateException.class, () -> predictor.predict(levels(0), 1));
      Evaluation evaluation = predictor.evaluate(DATA, 5);
      assertEquals(0, evaluation.top1());
      assertTrue(Double.isNaN(evaluation.loss()), "loss " + evaluation.loss());
    }
  }

  @Test
  void perPixelMeansTravelToTheBit() {
    Preprocessing written = Preprocessing.of(DATA, Normalisation.perPixel(DATA));
    String json = PreprocessingJson.write(written);
    assertEquals(written, PreprocessingJson.read(json, "test"));
    assertEquals(written, PreprocessingJson.read(json.replace("RGB", "rgb"), "test"));
    for (String broken : List.of("null", "[]", "{", json.replace("resize", "size"))) {
      assertThrows(InvalidInputException.class, () -> PreprocessingJson.read(broken, "test"));
    }
  }

  @Test
  void rankCountsTiesAndBrokenNumbersAgainstTheLabel() {
    float[] rows = {1, 3, 3, 2, Float.NaN, 5, 4, Float.NaN};
    assertEquals(0, Logits.rank(rows, 0, 4, 1));
    assertEquals(1, Logits.rank(rows, 0, 4, 2));
    assertEquals(3, Logits.rank(rows, 0, 4, 0));
    assertEquals(2, Logits.rank(rows, 1, 4, 1));
    assertEquals(4, Logits.rank(rows, 1, 4, 0));
    KeyedRandom random = KeyedRandom.of(1, "logits");
    float[] logits = new float[10];
    for (int i = 0; i < 10; i++) {
      logits[i] = (float) (100 * random.normalAt(i));
    }
    assertEquals(1, Arrays.stream(Logits.softmax(logits, 0, 10)).sum(), 1e-12);
    assertEquals(
        -Math.log(Logits.softmax(logits, 0, 10)[0]), Logits.crossEntropy(logits, 0, 10, 0), 1e-9);
  }
}
