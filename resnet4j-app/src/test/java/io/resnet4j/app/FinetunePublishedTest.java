package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.fetch.Catalogue;
import io.resnet4j.fetch.Checksum;
import io.resnet4j.fetch.FetchOptions;
import io.resnet4j.fetch.Fetcher;
import io.resnet4j.fetch.PublishedFile;
import io.resnet4j.fetch.PublishedWeights;
import io.resnet4j.model.Model;
import io.resnet4j.model.Models;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code finetune} over weights in the form in which torchvision publishes them: a state dict of
 * 1000 classes with torchvision's names, here of a network that is quick, from a server on this
 * machine.
 */
@Timeout(180)
class FinetunePublishedTest {
  private static final String FILE = "resnet20-b-00000000.pth";

  @TempDir Path folder;
  private HttpServer server;
  private Model published = Models.named("resnet20-b").withClasses(1000).initialise(1);
  private byte[] bytes = {};

  @BeforeEach
  void start() throws IOException {
    bytes = TinyPth.of(published.state());
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/" + FILE,
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private Catalogue catalogue() throws Exception {
    String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + FILE);
    Preprocessing preprocessing =
        new Preprocessing(
            3, 32, 32, 36, Preprocessing.ChannelMeaning.RGB, Normalisation.imageNet());
    PublishedWeights weights =
        new PublishedWeights(
            "resnet20-b.v1",
            true,
            "resnet20-b",
            new PublishedFile(FILE, List.of(address), (long) bytes.length, new Checksum(sha256)),
            "imagenet",
            preprocessing,
            "bilinear",
            null,
            null,
            null,
            "a test",
            "page",
            "BSD-3-Clause");
    List<String> classes =
        Catalogue.standard().classNames(Catalogue.standard().weights("resnet18"));
    return new Catalogue("test", List.of(), List.of(weights), Map.of("imagenet", classes));
  }

  private Ran finetune(Object... arguments) throws Exception {
    FetchOptions options = FetchOptions.of(folder.resolve("cache"), Map.of());
    Catalogue catalogue = catalogue();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    int status =
        Launch.run(
            new FinetuneCommand(listener -> new Fetcher(catalogue, options, listener)),
            "finetune",
            console,
            Arrays.stream(arguments).map(Object::toString).toList());
    return new Ran(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private Object[] arguments(Object from, Path out, Object... more) throws IOException {
    List<Object> all =
        new ArrayList<>(
            List.of(
                "--from",
                from,
                "--data",
                Ran.cifar(TinyCifar.write(folder.resolve("data"), 10)),
                "--out",
                out,
                "--epochs",
                1,
                "--workers",
                0,
                "--autotune",
                "off",
                "--json"));
    all.addAll(List.of(more));
    return all.toArray();
  }

  /** The layers below the head begin as they were published. */
  private void assertTaught(Path out) {
    Model head = Model.load(out.resolve("head/last.safetensors"));
    published
        .state()
        .forEach(
            (path, tensor) -> {
              if (!path.startsWith("fc.")) {
                assertArrayEquals(tensor.toFloats(), head.state().get(path).toFloats(), path);
              }
            });
    Model done = Model.load(out.resolve("model.safetensors"));
    assertEquals(10, done.spec().classes());
    assertEquals("airplane", done.classNames().orElseThrow().get(0));
  }

  @Test
  void publishedWeightsAreFetchedAndTaughtOtherClasses() throws Exception {
    Path out = folder.resolve("tuned");
    Ran ran = finetune(arguments("torchvision:resnet20-b", out, "--batch", "auto")).good();
    assertTrue(ran.err().contains("fetching " + FILE), ran.err());
    assertTrue(ran.err().contains("batch auto: "), ran.err());
    assertTrue(ran.json().path("test_acc").isNumber(), ran.out());
    assertTaught(out);
    // The publisher's way of seeing pictures stays.
    String config = Files.readString(out.resolve("all/config.json"));
    assertEquals(36, Json.MAPPER.readTree(config).at("/recipe/augment/resize").asInt(), config);
    assertEquals("imagenet", Json.MAPPER.readTree(config).at("/recipe/normalisation").asText());
    String told = Model.load(out.resolve("model.safetensors")).metadata().get("provenance");
    JsonNode from = Json.MAPPER.readTree(told).path("from");
    assertEquals("torchvision:resnet20-b", from.path("weights").asText());
    assertEquals(1000, from.path("classes").asInt());
    assertEquals(FILE, from.at("/provenance/file").asText());
    String card = Files.readString(out.resolve("MODEL_CARD.md"));
    assertTrue(card.contains("Its source: a test. Its licence: BSD-3-Clause."), card);
  }

  @Test
  void aFileOfThatFormIsTaughtOnceItsNetworkIsNamed() throws Exception {
    Path file = Files.write(folder.resolve(FILE), bytes);
    finetune(arguments(file, folder.resolve("unnamed"))).bad(Main.BAD_INPUT, FILE, "--model");
    Path out = folder.resolve("tuned");
    finetune(arguments(file, out, "--model", "resnet20-b", "--batch", 16)).good();
    assertTaught(out);
    String told = Model.load(out.resolve("model.safetensors")).metadata().get("provenance");
    assertEquals(FILE, Json.MAPPER.readTree(told).at("/from/weights").asText());
    assertFalse(told.contains(folder.getFileName().toString()), told);
  }

  @Test
  void publishedWeightsTakeNoOtherNetwork() throws Exception {
    Path out = folder.resolve("tuned");
    finetune(arguments("torchvision:resnet20-b", out, "--model", "resnet18"))
        .bad(Main.BAD_INPUT, "--model resnet18", "torchvision:resnet20-b has its own network");
    finetune(arguments("torchvision:resnet20-b", out, "--input", "3x64x64"))
        .bad(Main.BAD_INPUT, "--input 3x64x64");
    assertFalse(Files.exists(folder.resolve("cache")), "not worth a download");
  }
}
