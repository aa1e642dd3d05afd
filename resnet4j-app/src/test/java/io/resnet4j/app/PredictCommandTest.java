package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.model.Models;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictCommandTest {
  @TempDir static Path folder;
  private static Path weights;
  private static Path pictures;
  private static Path one;

  @BeforeAll
  static void write() throws Exception {
    Preprocessing preprocessing =
        new Preprocessing(
            3, 16, 16, 18, Preprocessing.ChannelMeaning.RGB, Normalisation.imageNet());
    weights = folder.resolve("tiny.safetensors");
    Models.resnet20(7)
        .withBlocks(List.of(1, 1, 1))
        .withWidths(List.of(4, 8, 12))
        .withInput(3, 16, 16)
        .initialise(3)
        .withMetadata(Model.PREPROCESSING, PreprocessingJson.write(preprocessing))
        .save(weights);
    pictures = TinyFolder.write(folder.resolve("data"), 3).resolve("train");
    one = pictures.resolve("dark").resolve("0.jpg");
    Files.writeString(pictures.resolve("notes.txt"), "no picture by its name");
  }

  private static Ran predict(Object... arguments) {
    Object[] all = new Object[arguments.length + 3];
    all[0] = "predict";
    all[1] = "--weights";
    all[2] = weights;
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    return Ran.of(all);
  }

  private static Ran predictWith(byte[] input, Object... arguments) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input));
    try {
      return predict(arguments);
    } finally {
      System.setIn(before);
    }
  }

  private static List<String> lines(Ran ran) {
    return ran.out().lines().toList();
  }

  private static JsonNode json(String line) {
    try {
      return Json.MAPPER.readTree(line);
    } catch (java.io.IOException e) {
      throw new AssertionError(line, e);
    }
  }

  private static JsonNode best(String line) {
    return json(line).path("top").get(0);
  }

  private static List<String> files(Ran ran) {
    return lines(ran).stream().map(line -> json(line).path("file").asText()).toList();
  }

  private static List<String> names(String folder, int... numbers) {
    return IntStream.of(numbers)
        .mapToObj(i -> pictures.resolve(folder).resolve(i + ".jpg").toString())
        .toList();
  }

  @Test
  void foldersAndPatternsAreLookedThroughInOrder() {
    Ran all = predict("--json", "--batch", 4, pictures).good();
    List<String> dark = names("dark", 0, 2, 4);
    List<String> light = names("light", 1, 3, 5);
    assertEquals(6, files(all).size());
    assertEquals(dark, files(all).subList(0, 3));
    assertEquals(light, files(all).subList(3, 6));
    assertTrue(all.err().contains("6 pictures, "), all.err());
    assertEquals(light, files(predict("--json", pictures + "/light/*.jpg").good()));
    assertEquals(6, files(predict("--json", pictures + "/**/[0-9].{jpg,png}").good()).size());
    assertEquals(dark, files(predict("--json", pictures + "/dark/**/*.jpg").good()));
    predict(pictures + "/[").bad(Main.BAD_INPUT, "no pattern");
    // The same answers whatever the batches, but for rounding.
    List<String> one = lines(predict("--json", "--batch", 1, "--workers", 3, pictures).good());
    for (int i = 0; i < 6; i++) {
      JsonNode together = best(lines(all).get(i));
      assertEquals(together.path("class"), best(one.get(i)).path("class"));
      assertEquals(
          together.path("probability").asDouble(),
          best(one.get(i)).path("probability").asDouble(),
          1e-5);
    }
  }

  @Test
  void namesOrAPictureComeFromStandardInput() throws Exception {
    String names = one + "\n\n" + pictures.resolve("light") + "\n";
    Ran ran = predictWith(names.getBytes(StandardCharsets.UTF_8), "--json", "-").good();
    assertEquals(4, files(ran).size());
    assertEquals(one.toString(), files(ran).get(0));
    JsonNode piped = predictWith(Files.readAllBytes(one), "--json", "--stdin").good().json();
    assertEquals("standard input", piped.path("file").asText());
    assertEquals(predict("--json", one).good().json().path("top"), piped.path("top"));
    predictWith(new byte[(1 << 20) + 1], "--stdin", "--max-mb", 1)
        .bad(Main.BAD_INPUT, "standard input", "--max-mb");
    predict("-", one).bad(Main.BAD_INPUT, "give it alone");
    predict().bad(Main.BAD_INPUT, "no picture given");
  }

  @Test
  void addressesAreFetchedWhereThatIsAllowed() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] picture = Files.readAllBytes(one);
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          if (path.equals("/moved")) {
            exchange.getResponseHeaders().add("Location", "/a.jpg");
          }
          byte[] body = path.equals("/large") ? new byte[(1 << 20) + 1] : picture;
          int status = path.equals("/moved") ? 302 : path.equals("/none") ? 404 : 200;
          exchange.sendResponseHeaders(status, status == 200 ? body.length : -1);
          if (status == 200) {
            exchange.getResponseBody().write(body);
          }
          exchange.close();
        });
    server.start();
    try {
      String base = "http://127.0.0.1:" + server.getAddress().getPort();
      Ran ran = predict("--json", "--allow-urls", "--max-mb", 1, base + "/a.jpg", base + "/moved");
      assertEquals(List.of(base + "/a.jpg", base + "/moved"), files(ran.good()));
      predict(base + "/a.jpg").bad(Main.BAD_INPUT, "--allow-urls");
      predict("--allow-urls", base + "/none").bad(Main.BAD_INPUT, "404");
      predict("--allow-urls", "--max-mb", 1, base + "/large")
          .bad(Main.BAD_INPUT, "more than 1 MiB");
      predict("--allow-urls", "ftp://127.0.0.1/a.jpg").bad(Main.BAD_INPUT, "no such file");
    } finally {
      server.stop(0);
    }
    predict("--allow-urls", "http://127.0.0.1:" + server.getAddress().getPort() + "/a.jpg")
        .bad(Main.FAILED, "/a.jpg");
  }

  @Test
  void badPicturesAreLeftOutOrEndTheRun() throws Exception {
    Path torn = Files.writeString(folder.resolve("torn.png"), "no picture");
    Ran skipped = predict("--json", torn, one, folder.resolve("none.jpg"), pictures + "/*.gif");
    assertEquals(Main.BAD_INPUT, skipped.status());
    assertEquals(List.of(one.toString()), files(skipped));
    List<String> errors = skipped.err().lines().filter(l -> l.startsWith("error:")).toList();
    assertEquals(3, errors.size(), skipped.err());
    assertTrue(errors.get(2).contains("no file fits this pattern"), errors.get(2));
    predict("--on-bad-image", "fail", torn, one).bad(Main.BAD_INPUT, "torn.png");
  }

  @Test
  void featuresGoIntoAFileOrTheLines() throws IOException {
    Path out = folder.resolve("features.safetensors");
    Ran ran = predict("--json", "--features", out, pictures).good();
    Safetensors read = Safetensors.read(out);
    assertEquals("[6,12]", read.tensors().get("features").shape().toString());
    assertEquals(Json.line(files(ran)), read.metadata().get("files"));
    JsonNode line = predict("--json", "--features", "-", one).good().json();
    float[] shown = new float[12];
    for (int i = 0; i < 12; i++) {
      shown[i] = (float) line.path("features").get(i).asDouble();
    }
    float[] first = java.util.Arrays.copyOf(read.tensors().get("features").toFloats(), 12);
    assertArrayEquals(first, shown, 1e-5f);
    Path none = folder.resolve("none.safetensors");
    Path bad = Files.write(folder.resolve("bad.jpg"), new byte[] {1, 2, 3});
    predict("--on-bad-image", "skip", "--features", none, bad).bad(Main.BAD_INPUT, "bad.jpg");
    assertFalse(Files.exists(none));
    predict("--features", "-", one).bad(Main.BAD_INPUT, "--json");
    predict("--features", folder.resolve("no/f"), one).bad(Main.BAD_INPUT, "--features");
    assertFalse(ran.out().contains("features"));
  }

  @Test
  void aTableLinesUp() {
    List<String> lines = predict("--table", "--top", 2, pictures).good().out().lines().toList();
    assertEquals(7, lines.size());
    assertTrue(lines.get(0).matches("file +class +share +next +share"), lines.get(0));
    assertTrue(lines.get(6).startsWith(names("light", 5).get(0)), lines.get(6));
    predict("--table", "--json", one).bad(Main.BAD_INPUT, "one of them");
  }
}
