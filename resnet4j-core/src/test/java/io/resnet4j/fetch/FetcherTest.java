package io.resnet4j.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSource;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Model;
import io.resnet4j.model.Models;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The catalogue, and what becomes of what is fetched. */
@Timeout(180)
class FetcherTest {
  private static final int RECORDS = 2;
  private static final Catalogue STANDARD = Catalogue.standard();

  @TempDir Path folder;
  private LocalServer server;

  @BeforeEach
  void start() throws IOException {
    server = new LocalServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private FetchOptions options() {
    return FetchOptions.of(folder.resolve("cache"), Map.of())
        .withPatience(Duration.ofSeconds(5), Duration.ofSeconds(5), 2, Duration.ofMillis(5));
  }

  private PublishedFile serve(Path file) throws IOException {
    String name = file.getFileName().toString();
    server.on("/" + name, LocalServer.ranged(Files.readAllBytes(file), "\"1\""));
    return new PublishedFile(
        name, List.of(server.address("/" + name)), null, new Checksum(Disk.sha256(file)));
  }

  private static Catalogue of(PublishedData data) {
    return new Catalogue("test", List.of(data), List.of(), Map.of());
  }

  /** CIFAR-10's archive with few records, and all that its own readme would be. */
  private PublishedData tinyCifar(String... without) throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    STANDARD.data("cifar10").unpacked().keySet().forEach(n -> sizes.put(n, RECORDS * 3073L));
    Path archive = folder.resolve("cifar-10-binary.tar.gz");
    TarGzTest.write(
        archive,
        tar -> {
          TarGzTest.file(tar, "cifar-10-batches-bin/readme.html", new byte[80]);
          for (String name : sizes.keySet()) {
            if (!Set.of(without).contains(name)) {
              TarGzTest.file(tar, name, new byte[RECORDS * 3073]);
            }
          }
        });
    return new PublishedData("cifar10", "CIFAR-10", "page", "", List.of(serve(archive)), sizes);
  }

  @Test
  void anArchiveBecomesAFolderForTheDataOption() throws IOException {
    Fetcher fetcher = new Fetcher(of(tinyCifar()), options(), FetchListener.NONE);
    FetchedData fetched = fetcher.data("CIFAR10");
    assertFalse(fetched.cached());
    assertEquals("cifar10:" + folder.resolve("cache/data/cifar10"), fetched.argument());
    assertEquals(
        5 * RECORDS, DataSource.parse(fetched.argument()).open().train().size(), "it can be read");
    try (Stream<Path> left = Files.list(folder.resolve("cache/data"))) {
      List<String> visible =
          left.map(path -> path.getFileName().toString()).filter(n -> !n.startsWith(".")).toList();
      assertEquals(List.of("cifar10"), visible, "the archive has done its duty");
    }
    Fetcher offline = new Fetcher(of(tinyCifar()), options().withOffline(true), FetchListener.NONE);
    assertTrue(offline.data("cifar10").cached());
    assertEquals(1, server.requests().size());
  }

  @Test
  void anArchiveThatLacksAFileLeavesNoFolder() throws IOException {
    PublishedData data = tinyCifar("cifar-10-batches-bin/test_batch.bin");
    Fetcher fetcher = new Fetcher(of(data), options(), FetchListener.NONE);
    String message =
        assertThrows(InvalidInputException.class, () -> fetcher.data("cifar10")).getMessage();
    assertTrue(message.contains("does not hold"), message);
    assertFalse(Files.exists(folder.resolve("cache/data/cifar10")));
  }

  @Test
  void aFolderOfOtherThingsIsLeftAlone() throws IOException {
    Path mine = Files.createDirectories(folder.resolve("cache/data/cifar10")).resolve("mine.txt");
    Files.writeString(mine, "mine");
    Fetcher fetcher = new Fetcher(of(tinyCifar()), options(), FetchListener.NONE);
    String message =
        assertThrows(InvalidInputException.class, () -> fetcher.data("cifar10")).getMessage();
    assertTrue(message.contains("holds other files"), message);
    assertEquals(List.of(), server.requests(), "not worth a download");
    assertEquals("mine", Files.readString(mine));
  }

  @Test
  void filesThatNeedNoUnpackingAreFetchedOneByOne() throws IOException {
    Path one = Files.write(folder.resolve("one.gz"), new byte[] {1});
    Path two = Files.write(folder.resolve("two.gz"), new byte[] {2});
    PublishedData data =
        new PublishedData("mnist", "", "", "", List.of(serve(one), serve(two)), Map.of());
    Fetcher fetcher = new Fetcher(of(data), options(), FetchListener.NONE);
    FetchedData fetched = fetcher.data("mnist");
    assertArrayEquals(new byte[] {2}, Files.readAllBytes(fetched.folder().resolve("two.gz")));
    assertFalse(fetched.cached());
    assertTrue(fetcher.data("mnist").cached());
  }

  /** The standard entry for {@code name}, but from {@code file} on the local server. */
  private Catalogue local(String name, Path file) throws IOException {
    PublishedWeights real = STANDARD.weights(name);
    PublishedWeights here =
        new PublishedWeights(
            real.name(),
            real.standard(),
            real.model(),
            serve(file),
            real.classes(),
            real.preprocessing(),
            real.interpolation(),
            real.parameters(),
            real.top1(),
            real.top5(),
            real.source(),
            real.page(),
            real.licence());
    return new Catalogue("test", List.of(), List.of(here), STANDARD.classes());
  }

  @Test
  void weightsComeWithClassesAndPreprocessing() throws IOException {
    Path file = Files.write(folder.resolve("resnet50-11ad3fa6.pth"), new byte[100]);
    Fetcher fetcher = new Fetcher(local("resnet50", file), options(), FetchListener.NONE);
    FetchedWeights fetched = fetcher.weights("resnet50");
    assertEquals("resnet50.v2", fetched.weights().name());
    assertEquals(folder.resolve("cache/weights/resnet50-11ad3fa6.pth"), fetched.file().path());
    JsonNode told = Catalogue.JSON.readTree(fetched.description().toFile());
    assertEquals(1000, told.path("classes").size());
    assertEquals(232, told.path("preprocessing").path("resize").asInt());
    assertEquals(80.858, told.path("top1").asDouble());
    assertEquals(fetched.file().sha256(), told.path("sha256").asText());
    assertTrue(told.path("licence").asText().contains("BSD"));
  }

  @Test
  void weightsOfAKnownFormatBecomeAModel() throws IOException {
    Path file = folder.resolve("resnet18.safetensors");
    Model drawn = Models.named("resnet18").initialise(1);
    Map<String, Tensor> bare = new LinkedHashMap<>(drawn.state());
    new Safetensors(bare, Map.of()).write(file);
    Fetcher fetcher =
        new Fetcher(local("timm/resnet18.a1_in1k", file), options(), FetchListener.NONE);
    Path converted = fetcher.weights("timm/resnet18.a1_in1k").model().orElseThrow();
    assertEquals("timm-resnet18.a1_in1k.safetensors", converted.getFileName().toString());
    Model model = Model.load(converted);
    assertEquals(288, model.spec().height(), "timm evaluates these at 288");
    assertEquals("tench", model.classNames().orElseThrow().get(0));
    assertEquals(
        STANDARD.weights("timm/resnet18.a1_in1k").preprocessing(),
        PreprocessingJson.read(model.metadata().get(Model.PREPROCESSING), "test"));
    assertArrayEquals(
        drawn.state().get("fc.weight").toFloats(), model.state().get("fc.weight").toFloats());
  }

  @Test
  void theCatalogueIsSound() {
    assertEquals(
        List.of("cifar10", "cifar100", "mnist"),
        STANDARD.data().stream().map(PublishedData::name).toList());
    Set<String> names = new HashSet<>();
    Set<String> files = new HashSet<>();
    Set<String> standard = new HashSet<>();
    for (PublishedWeights weights : STANDARD.weights()) {
      assertTrue(names.add(weights.name()), weights.name());
      assertTrue(files.add(weights.file().name()), weights.file().name());
      assertFalse(weights.standard() && !standard.add(weights.model()), weights.model());
      assertEquals(1000, STANDARD.classNames(weights).size());
      assertEquals("https", weights.file().addresses().get(0).getScheme());
      Checksum checksum = weights.file().checksum();
      if (checksum != null) {
        String end = "-" + checksum.digits() + ".pth";
        assertTrue(weights.file().name().endsWith(end), weights.file().name());
      }
    }
    STANDARD
        .data()
        .forEach(
            data ->
                data.files()
                    .forEach(
                        file ->
                            assertTrue(file.checksum().isWhole() && file.size() > 0, file.name())));
    assertEquals("resnet50.v2", STANDARD.weights("ResNet50").name());
    assertEquals("resnet50-0676ba61.pth", STANDARD.weights("resnet50.v1").file().name());
    assertEquals("sha256:f37072fd", String.valueOf(STANDARD.weights("resnet18").file().checksum()));
    assertEquals("toilet tissue", STANDARD.classNames(STANDARD.weights("resnet18")).get(999));
  }

  @Test
  void unknownNamesAreToldWithTheNearest() {
    String weights =
        assertThrows(InvalidInputException.class, () -> STANDARD.weights("resnet5")).getMessage();
    assertTrue(weights.contains("did you mean 'resnet50'"), weights);
    String data =
        assertThrows(InvalidInputException.class, () -> STANDARD.data("cifar")).getMessage();
    assertTrue(data.contains("cifar10"), data);
  }
}
