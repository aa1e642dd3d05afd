package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code download} against a server on this machine; what goes wrong is DownloaderTest's. */
@Timeout(180)
class DownloadCommandTest {
  private static final byte[] BYTES = {1, 2, 3, 4};

  @TempDir Path folder;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private Path cache;

  @BeforeEach
  void start() throws IOException {
    cache = folder.resolve("cache");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, BYTES.length);
            exchange.getResponseBody().write(BYTES);
          }
        });
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private String address(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private static String sha256() throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(BYTES));
  }

  @Test
  void anyFileCanBeFetchedByAddressAndChecksum() throws Exception {
    String what = "weights:" + address("/x/net.pth");
    JsonNode told =
        Ran.of("download", what, "--sha256", sha256(), "--cache", cache, "--json").good().json();
    Path file = cache.resolve("weights/net.pth");
    assertEquals(file.toString(), told.path("file").asText());
    assertArrayEquals(BYTES, Files.readAllBytes(file));
    assertTrue(told.path("verified").asBoolean());
    assertFalse(told.path("cached").asBoolean());
    server.stop(0);
    Ran again = Ran.of("download", what, "--sha256", sha256(), "--cache", cache, "--offline");
    assertEquals(file + System.lineSeparator(), again.good().out());
  }

  @Test
  void withoutAChecksumConsentIsNeeded() {
    String what = "weights:" + address("/net.pth");
    Ran.of("download", what, "--cache", cache)
        .bad(Main.BAD_INPUT, "net.pth", "--sha256", "--unverified");
    Ran.of("download", what, "--cache", cache, "--unverified").good();
  }

  @Test
  void aWrongFileIsAFailureAndNotKept() throws Exception {
    Ran.of("download", "weights:resnet50", "--mirror", address("/mirror"), "--cache", cache)
        .bad(
            Main.FAILED,
            "resnet50-11ad3fa6.pth",
            "expected sha256:11ad3fa6",
            sha256(),
            address("/mirror/resnet50-11ad3fa6.pth"));
    assertFalse(Files.exists(cache.resolve("weights/resnet50-11ad3fa6.pth")));
    Ran.of("download", "cifar10", "--mirror", address(""), "--cache", cache)
        .bad(Main.FAILED, "cifar-10-binary.tar.gz", "says it has 4 bytes, expected 170052171");
  }

  @Test
  void offlineNamesWhatIsMissing() {
    Ran.of("download", "mnist", "--offline", "--cache", cache)
        .bad(Main.BAD_INPUT, "train-images-idx3-ubyte.gz", "--offline");
  }

  @Test
  void whatCannotBeGrantedIsToldBeforeAnythingIsFetched() {
    Ran.of("download").bad(Main.BAD_INPUT, "nothing named", "--list");
    Ran.of("download", "cifar10", "weights:resnet5", "--cache", cache)
        .bad(Main.BAD_INPUT, "weights:resnet5", "did you mean 'resnet50'");
    Ran.of("download", "imagenet").bad(Main.BAD_INPUT, "imagenet", "expected cifar10");
    Ran.of("download", "mnist", "--sha256", "12345678").bad(Main.BAD_INPUT, "--sha256");
    Ran.of("download", "weights:ftp://host/file").bad(Main.BAD_INPUT, "ftp://host/file", "https");
    Ran.of("download", "weights:" + address("/a"), "--sha256", "xyz").bad(Main.BAD_INPUT, "64 hex");
    assertFalse(Files.exists(cache));
  }

  @Test
  void ctrlCKeepsWhatHasArrived() throws Exception {
    Path kill = Path.of("/bin/kill");
    Assumptions.assumeTrue(Files.isExecutable(kill), "no /bin/kill to send a signal with");
    CountDownLatch enough = new CountDownLatch(1);
    server.createContext(
        "/slow",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, 2 * BYTES.length);
            exchange.getResponseBody().write(BYTES);
            exchange.getResponseBody().flush();
            enough.await(30, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "download",
                "weights:" + address("/slow"),
                "--unverified",
                "--cache",
                cache.toString())
            .redirectErrorStream(true)
            .start();
    try {
      Path part = cache.resolve("weights/slow.part");
      for (int i = 0; i < 400 && !(Files.exists(part) && Files.size(part) > 0); i++) {
        Thread.sleep(50);
      }
      String pid = Long.toString(process.pid());
      assertEquals(0, new ProcessBuilder(kill.toString(), "-INT", pid).start().waitFor());
      assertTrue(process.waitFor(20, TimeUnit.SECONDS), "it ends by itself");
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(Main.INTERRUPTED, process.exitValue(), said);
      assertTrue(said.contains("what has arrived is kept") && !said.contains("error"), said);
      assertArrayEquals(BYTES, Files.readAllBytes(part));
    } finally {
      enough.countDown();
      process.destroyForcibly();
    }
  }

  @Test
  void theListShowsWhatThereIs() {
    String list = Ran.of("download", "--list").good().out();
    assertTrue(list.contains("weights:resnet50.v2 *") && list.contains("cifar100"), list);
    JsonNode tree = Ran.of("download", "--list", "--json").good().json();
    assertEquals("cifar10", tree.path("data").path(0).path("name").asText());
    assertTrue(tree.path("weights").size() > 20);
  }
}
