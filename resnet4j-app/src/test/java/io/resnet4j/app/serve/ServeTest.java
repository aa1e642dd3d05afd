package io.resnet4j.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.infer.Explanation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server on a free loopback port, asked by the JDK's client. */
@Timeout(60)
class ServeTest {
  /** Most tests ask the same server: an idle connection keeps one from stopping for a second. */
  @TempDir private static Path sharedFolder;

  private static TestServer shared;
  @TempDir private Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeAll
  static void startTheSharedServer() {
    shared = started(sharedFolder, ServeOptions.defaults());
  }

  @AfterAll
  static void stopTheSharedServer() {
    shared.close();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private static TestServer started(Path folder, ServeOptions options) {
    Path file = folder.resolve("model.safetensors");
    TestServer.model(1).save(file);
    return TestServer.ofFile(file, options);
  }

  private TestServer server(ServeOptions options) {
    TestServer server = started(folder, options);
    open.add(server);
    return server;
  }

  @Test
  void theProtocolDescribesServerAndModel() throws Exception {
    TestServer server = shared;
    assertEquals("resnet4j", server.json(server.get("/v2"), 200).get("name").asText());
    assertTrue(server.json(server.get("/v2/health/live"), 200).get("live").asBoolean());
    assertTrue(server.json(server.get("/v2/health/ready"), 200).get("ready").asBoolean());
    JsonNode model = server.json(server.get("/v2/models/tiny"), 200);
    assertEquals("[-1,3,32,32]", model.at("/inputs/0/shape").toString());
    assertEquals("FP32", model.at("/inputs/0/datatype").asText());
    assertEquals("[-1,5]", model.at("/outputs/0/shape").toString());
    assertEquals("[\"1\"]", model.get("versions").toString());
    assertTrue(
        server.json(server.get("/v2/models/tiny/versions/1/ready"), 200).get("ready").asBoolean());
    JsonNode index = server.json(server.post("/v2/repository/index", new byte[0]), 200);
    assertEquals("READY", index.at("/0/state").asText());
  }

  @Test
  void jsonAndBinaryTensorsGiveTheSameNumbers() throws Exception {
    TestServer server = shared;
    float[] images = TestServer.images(2);
    JsonNode json = server.json(server.infer(images, 2), 200);
    assertEquals("tiny", json.get("model_name").asText());
    assertEquals("logits", json.at("/outputs/0/name").asText());
    assertEquals("[2,5]", json.at("/outputs/0/shape").toString());
    double sum = 0;
    for (int i = 0; i < 5; i++) {
      sum += json.at("/outputs/1/data/" + i).doubleValue();
    }
    assertEquals(1, sum, 1e-5);
    TestServer.Binary binary = server.inferBinary(images, 2);
    for (int i = 0; i < 10; i++) {
      assertEquals(json.at("/outputs/0/data/" + i).floatValue(), binary.logits()[i], 1e-6f);
    }
  }

  @Test
  void classificationsAreText() throws Exception {
    TestServer server = shared;
    String body =
        TestServer.request(TestServer.images(1), 1)
            .replace(
                "\"inputs\"",
                "\"id\":\"a7\",\"outputs\":[{\"name\":\"probabilities\",\"parameters\":"
                    + "{\"classification\":2}}],\"inputs\"");
    JsonNode answer = server.json(server.post("/v2/models/tiny/infer", body.getBytes()), 200);
    assertEquals("a7", answer.get("id").asText());
    assertEquals("BYTES", answer.at("/outputs/0/datatype").asText());
    assertTrue(answer.at("/outputs/0/data/0").asText().matches("0\\.\\d+:\\d:class\\d"));
  }

  @Test
  void picturesAreClassifiedBareAndInForms() throws Exception {
    TestServer server = shared;
    byte[] png = TestServer.png(50, 40);
    JsonNode bare = server.json(server.post("/predict?top=3", png), 200);
    assertEquals(3, bare.get("top").size());
    assertEquals("1", bare.get("version").asText());
    JsonNode form =
        server.json(
            server.post(
                "/predict?explain=grad-cam",
                TestServer.form(png),
                "Content-Type",
                "multipart/form-data; boundary=xyz"),
            200);
    assertEquals(bare.at("/top/0"), form.at("/top/0"));
    assertTrue(form.get("heatmap").asText().startsWith("data:image/png;base64,iVBOR"));
    assertEquals("grad-cam", form.get("explained_by").asText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v2/models/tinny | GET | | 404 | did you mean",
        "/v2/models/tiny/versions/2 | GET | | 404 | no version",
        "/v2/models/tiny/versions/x/infer | POST | {} | 404 | no version",
        "/nothing | GET | | 404 | there are",
        "/predict | GET | | 405 | expected POST",
        "/v2/models/tiny/infer | POST | {} | 400 | takes one, called 'images'",
        "/v2/models/tiny/infer | POST | [] | 400 | not a JSON object",
        "/v2/models/tiny/infer | POST | {\"inputs\" | 400 | JSON",
        "/v2/models/tiny/infer | POST | {\"inputs\":3} | 400 | not a list",
        "/predict | POST | hello | 400 | no picture",
        "/predict?model=other | POST | hello | 404 | not served",
        "/predict?top=0 | POST | hello | 400 | at least 1",
        "/predict?explain=magic | POST | hello | 400 | grad-cam",
        "/v2/repository/models/other/load | POST | | 400 | there is no",
        "/v2/repository/models/a%2f..%2fb/load | POST | | 400 | ",
        "/v2/models/%2e%2e/ready | GET | | 400 | ",
      })
  void whatIsWrongIsSaidInTheProtocolsWay(
      String path, String method, String body, int status, String part) throws Exception {
    TestServer server = shared;
    HttpResponse<byte[]> answer =
        server.send(method, path, (body == null ? "" : body).getBytes(StandardCharsets.UTF_8));
    String error = server.json(answer, status).get("error").asText();
    assertTrue(part == null || error.contains(part), error);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"images\"|\"pictures\"|called 'images'",
        "FP32|INT8|datatype 'INT8', expected FP32",
        "\\[1,3,32,32]|[1,3,32,31]|takes [N, 3, 32, 32]",
        "\\[1,3,32,32]|[0,3,32,32]|takes [N, 3, 32, 32]",
        "\\[1,3,32,32]|[9999999999,3,32,32]|takes [N, 3, 32, 32]",
        "\\[1,3,32,32]|[2,3,32,32]|3072 numbers",
        "\"data\":\\[[^,]*,|\"data\":[\"x\",|something other than numbers",
        "\"data\":\\[[^,]*,|\"data\":[1e39,|element 0",
        "\"data\"|\"date\"|neither",
      })
  void wrongTensorsAreRefused(String what, String by, String part) throws Exception {
    TestServer server = shared;
    String body = TestServer.request(TestServer.images(1), 1).replaceFirst(what, by);
    String error =
        server
            .json(server.post("/v2/models/tiny/infer", body.getBytes()), 400)
            .get("error")
            .asText();
    assertTrue(error.contains(part), error);
  }

  @Test
  void binaryBodiesThatDoNotFitAreRefused() throws Exception {
    TestServer server = shared;
    byte[] body = server.binaryBody(TestServer.images(1), 1);
    int header = server.headerLength(body);
    for (int length : new int[] {header, header + 100, body.length - 1}) {
      byte[] cut = Arrays.copyOf(body, length);
      HttpResponse<byte[]> answer =
          server.post("/v2/models/tiny/infer", cut, InferAnswer.HEADER, "" + header);
      assertTrue(server.json(answer, 400).get("error").asText().contains("truncated"));
    }
    for (String wrong : List.of("-1", "x", "99999999999", "" + (header - 1), "" + (header + 1))) {
      server.json(server.post("/v2/models/tiny/infer", body, InferAnswer.HEADER, wrong), 400);
    }
  }

  @Test
  void hugeThingsAreRefusedAndTheServerStaysUp() throws Exception {
    ServeOptions d = ServeOptions.defaults();
    TestServer server =
        server(
            new ServeOptions(
                d.host(),
                0,
                20_000,
                40_000,
                2000,
                d.timeout(),
                d.drain(),
                d.apiKeys(),
                d.tls(),
                d.allowed()));
    byte[] small = gzip(new byte[1 << 20]);
    assertTrue(small.length < 2000);
    String unpacked =
        server
            .json(server.post("/predict", small, "Content-Encoding", "gzip"), 413)
            .get("error")
            .asText();
    assertTrue(unpacked.contains("20000"), unpacked);
    String large =
        server.json(server.post("/predict", new byte[20_001]), 413).get("error").asText();
    assertTrue(large.contains("20000"), large);
    byte[] bomb = TestServer.pngHeader(60_000, 60_000);
    String pixels = server.json(server.post("/predict", bomb), 400).get("error").asText();
    assertTrue(pixels.contains("60000x60000"), pixels);
    server.json(server.post("/predict", TestServer.png(60, 40)), 400);
    server.json(server.post("/predict", TestServer.png(40, 40)), 200);
    assertTrue(server.metrics().contains("resnet4j_failures_total 0"), server.metrics());
  }

  @Test
  void packedBodiesAreUnpackedOrRefused() throws Exception {
    TestServer server = shared;
    byte[] plain = TestServer.request(TestServer.images(1), 1).getBytes(StandardCharsets.UTF_8);
    byte[] packed = gzip(plain);
    String infer = "/v2/models/tiny/infer";
    JsonNode answer = server.json(server.post(infer, plain), 200);
    assertEquals(answer, server.json(server.post(infer, packed, "Content-Encoding", "gzip"), 200));
    byte[] cut = Arrays.copyOf(packed, packed.length / 2);
    for (byte[] damaged : List.of(cut, plain, new byte[0])) {
      String error =
          server
              .json(server.post(infer, damaged, "Content-Encoding", "gzip"), 400)
              .get("error")
              .asText();
      assertTrue(error.contains("gzip"), error);
    }
    String unknown =
        server
            .json(server.post(infer, packed, "Content-Encoding", "br"), 415)
            .get("error")
            .asText();
    assertTrue(unknown.contains("br: expected gzip"), unknown);
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }

  @Test
  void slowBodiesAreGivenUpAndHoldNoOneElseUp() throws Exception {
    TestServer server = shared;
    List<Socket> slow = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      Socket socket = new Socket("127.0.0.1", server.address().getPort());
      open.add(socket);
      slow.add(socket);
      socket
          .getOutputStream()
          .write(
              ("POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Request-Timeout-Ms: 1500\r\n"
                      + "Content-Length: 1000\r\n\r\nab")
                  .getBytes());
    }
    server.json(server.post("/predict", TestServer.png(40, 40)), 200);
    slow.get(0).setSoTimeout(20_000);
    byte[] answer = slow.get(0).getInputStream().readNBytes(12);
    assertEquals("HTTP/1.1 408", new String(answer, StandardCharsets.US_ASCII));
  }

  /** Each byte ends an idle time; only a limit on the whole ends these connections. */
  @Test
  void whoSendsByteByByteIsCutOff() throws Exception {
    ServeOptions d = ServeOptions.defaults();
    TestServer server =
        server(
            new ServeOptions(
                d.host(),
                0,
                d.mostBytes(),
                d.mostBytesTogether(),
                d.mostPixels(),
                Duration.ofMillis(700),
                d.drain(),
                d.apiKeys(),
                d.tls(),
                d.allowed()));
    String head = "POST /predict HTTP/1.1\r\nHost: localhost\r\n";
    for (String begin : List.of("", head, head + "Content-Length: 100000\r\n\r\n")) {
      try (Socket socket = server.connect()) {
        socket.getOutputStream().write(begin.getBytes(StandardCharsets.US_ASCII));
        int sent = drip(socket);
        assertTrue(sent < 1000, "never cut off after '" + begin + "'");
      }
    }
    assertEquals(200, server.get("/v2").statusCode());
  }

  /** Bytes that could be sent until the server ended the connection. */
  private static int drip(Socket socket) throws Exception {
    for (int sent = 0; sent < 1000; sent++) {
      try {
        socket.getOutputStream().write('x');
        Thread.sleep(20);
        socket.setSoTimeout(1);
        while (socket.getInputStream().read() >= 0) {
          // An answer; the end comes after it.
        }
        return sent;
      } catch (SocketTimeoutException e) {
        // Nothing yet.
      } catch (IOException e) {
        return sent;
      }
    }
    return 1000;
  }

  @Test
  void deadlinesOfRequestsAreKept() throws Exception {
    TestServer server = shared;
    server.holdEngine();
    try {
      HttpResponse<byte[]> late =
          server.post("/predict", TestServer.png(40, 40), Call.TIMEOUT, "300");
      assertTrue(server.json(late, 504).get("error").asText().contains("time"));
      String body =
          TestServer.request(TestServer.images(1), 1)
              .replace("{\"inputs\"", "{\"parameters\":{\"timeout\":200000},\"inputs\"");
      server.json(server.post("/v2/models/tiny/infer", body.getBytes()), 504);
    } finally {
      server.freeEngine();
    }
    server.json(server.post("/predict", TestServer.png(40, 40)), 200);
  }

  /**
   * The lock is fair, and threads that hold it in turn stop the engine where the test wants to
   * look: before an occlusion begins, and again after its first step.
   */
  @Test
  void predictionsGetThroughWhileAnOcclusionRuns() throws Exception {
    TestServer server = shared;
    byte[] png = TestServer.png(40, 40);
    try (Holder beforeAll = new Holder();
        Holder beforeOcclusion = new Holder();
        Holder withinOcclusion = new Holder()) {
      beforeAll.start();
      beforeAll.awaitHeld();
      CompletableFuture<HttpResponse<byte[]>> explained =
          server.postLater("/predict?explain=occlusion", png);
      server.awaitQueuedForEngine(1);
      beforeOcclusion.start();
      server.awaitQueuedForEngine(2);
      beforeAll.letGo();
      beforeOcclusion.awaitHeld();
      server.awaitQueuedForEngine(1);
      CompletableFuture<HttpResponse<byte[]>> plain = server.postLater("/predict", png);
      server.awaitQueuedForEngine(2);
      withinOcclusion.start();
      server.awaitQueuedForEngine(3);
      beforeOcclusion.letGo();
      server.json(plain.get(20, TimeUnit.SECONDS), 200);
      withinOcclusion.awaitHeld();
      // The occlusion has more steps to go and asks for the engine again.
      server.awaitQueuedForEngine(1);
      assertFalse(explained.isDone());
      withinOcclusion.letGo();
      assertTrue(server.json(explained.get(20, TimeUnit.SECONDS), 200).has("heatmap"));
    }
  }

  /** A thread that takes the shared server's engine and keeps it until closed. */
  private static final class Holder implements AutoCloseable {
    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch enough = new CountDownLatch(1);
    private final Thread thread =
        new Thread(
            () -> {
              shared.holdEngine();
              try {
                held.countDown();
                enough.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } finally {
                shared.freeEngine();
              }
            });

    void start() {
      thread.start();
    }

    void awaitHeld() throws InterruptedException {
      assertTrue(held.await(20, TimeUnit.SECONDS));
    }

    void letGo() {
      enough.countDown();
    }

    @Override
    public void close() {
      letGo();
    }
  }

  @Test
  void metricsTellModelsApartAndLearnNoNamesFromRequests() throws Exception {
    TestServer server = server(ServeOptions.defaults());
    server.json(server.post("/predict", TestServer.png(40, 40)), 200);
    server.json(server.post("/predict", new byte[3]), 400);
    server.json(server.get("/v2/models/tiny"), 200);
    server.json(server.get("/v2/models/nosuchmodel"), 404);
    for (String line :
        List.of(
            "resnet4j_requests_total{model=\"tiny\",route=\"predict\",status=\"200\"} 1",
            "resnet4j_requests_total{model=\"tiny\",route=\"predict\",status=\"400\"} 1",
            "resnet4j_requests_total{model=\"tiny\",route=\"model\",status=\"200\"} 1",
            "resnet4j_requests_total{model=\"\",route=\"model\",status=\"404\"} 1",
            "resnet4j_request_seconds_count{model=\"tiny\",route=\"predict\"} 2",
            "resnet4j_queue_seconds_count{model=\"tiny\"} 1",
            "jvm_memory_used_bytes{area=\"heap\"} ",
            "jvm_memory_max_bytes{area=\"heap\"} ",
            "jvm_gc_collection_seconds_count{gc=")) {
      server.awaitMetric(line);
    }
    if (Files.exists(Path.of("/proc/self/status"))) {
      server.awaitMetric("process_resident_memory_bytes ");
    }
    assertFalse(server.metrics().contains("nosuchmodel"));
  }

  @Test
  void explanationsCanBeSwitchedOff() throws Exception {
    Set<Explanation> one = Set.of(Explanation.GRAD_CAM);
    TestServer server =
        server(TestServer.options(new ServeOptions.Allowed(one, Optional.empty(), Set.of())));
    byte[] png = TestServer.png(40, 40);
    String error =
        server.json(server.post("/predict?explain=occlusion", png), 403).get("error").asText();
    assertTrue(error.contains("occlusion") && error.contains("[grad-cam]"), error);
    server.json(server.post("/predict?explain=grad-cam", png), 200);
    JsonNode model = server.json(server.get("/v2/models/tiny"), 200);
    assertEquals("[\"grad-cam\"]", model.at("/parameters/explanations").toString());
  }

  @Test
  void beyondTheQueueTheAnswerIs429() throws Exception {
    TestServer server = shared;
    server.holdEngine();
    List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
    CompletableFuture<HttpResponse<byte[]>> first = new CompletableFuture<>();
    try {
      for (int i = 0; i < 40; i++) {
        answers.add(server.postLater("/predict", TestServer.png(40, 40)));
      }
      answers.forEach(answer -> answer.thenAccept(first::complete));
      HttpResponse<byte[]> refused = first.get(20, TimeUnit.SECONDS);
      assertTrue(server.json(refused, 429).get("error").asText().contains("queue"));
      assertTrue(refused.headers().firstValueAsLong("Retry-After").orElse(0) >= 1);
    } finally {
      server.freeEngine();
    }
    int good = 0;
    for (CompletableFuture<HttpResponse<byte[]>> answer : answers) {
      int status = answer.get(20, TimeUnit.SECONDS).statusCode();
      assertTrue(status == 200 || status == 429, "status " + status);
      good += status == 200 ? 1 : 0;
    }
    // All that the queue took, and what came after the engine was free again.
    assertTrue(good >= TestServer.LIMITS.queue(), good + " answered");
  }

  @Test
  void keysAreAskedForButNotForHealthAndPage() throws Exception {
    Path keys = folder.resolve("keys");
    Files.writeString(keys, "# ours\n0123456789abcdef\n");
    TestServer server = server(TestServer.options(Optional.of(keys), Optional.empty()));
    assertEquals(200, server.get("/v2/health/ready").statusCode());
    assertEquals(200, server.get("/").statusCode());
    assertTrue(server.json(server.get("/v2"), 401).get("error").asText().contains("Bearer"));
    assertEquals(401, server.get("/metrics", "X-API-Key", "0123456789abcdeg").statusCode());
    assertEquals(200, server.get("/v2", "X-API-Key", "0123456789abcdef").statusCode());
    assertEquals(200, server.get("/v2", "Authorization", "Bearer 0123456789abcdef").statusCode());
    Files.writeString(keys, "short\n");
    assertThrows(InvalidInputException.class, () -> ApiKeys.read(keys));
  }

  @Test
  void otherSitesPagesAreTurnedAway() throws Exception {
    TestServer server = shared;
    HttpResponse<byte[]> foreign =
        server.post("/predict", TestServer.png(40, 40), "Origin", "http://elsewhere.example");
    assertTrue(server.json(foreign, 403).has("error"));
    URI own = server.address();
    assertEquals(
        200,
        server.post("/predict", TestServer.png(40, 40), "Origin", own.toString()).statusCode());
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, 200",
    "LocalHost:8080, 200",
    "127.0.0.1:1, 200",
    "[::1]:80, 200",
    "our.example, 200",
    "elsewhere.example, 403",
    "elsewhere.example:80, 403",
    "localhost.elsewhere.example, 403",
    "127.0.0.1.elsewhere.example:8080, 403",
  })
  void namesThatAreNotTheServersAreTurnedAway(String host, int status) throws Exception {
    ServeOptions.Allowed allowed =
        new ServeOptions.Allowed(Set.of(), Optional.empty(), Set.of("Our.example"));
    HostNames names = HostNames.of(TestServer.options(allowed));
    assertEquals(status == 200, names.allow(host));
    if (!host.equals("our.example")) {
      String answer =
          shared.raw(
              ("GET /v2 HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n").getBytes());
      assertTrue(answer.startsWith("HTTP/1.1 " + status), answer);
    }
    assertTrue(shared.raw("GET /v2 HTTP/1.0\r\n\r\n".getBytes()).contains(" 200 "));
  }

  @Test
  void modelsAreControlledByThoseWhoMay() throws Exception {
    ServeOptions d = ServeOptions.defaults();
    assertTrue(d.loopback() && d.modelControl());
    ServeOptions open =
        new ServeOptions(
            "0.0.0.0",
            0,
            d.mostBytes(),
            d.mostBytesTogether(),
            d.mostPixels(),
            d.timeout(),
            d.drain(),
            d.apiKeys(),
            d.tls(),
            d.allowed());
    assertFalse(open.loopback() || open.modelControl());
    assertTrue(HostNames.of(open).allow("any.example"));
    Set<Explanation> none = Set.of();
    TestServer server =
        server(TestServer.options(new ServeOptions.Allowed(none, Optional.of(false), Set.of())));
    for (String what : List.of("load", "unload")) {
      HttpResponse<byte[]> refused = server.post("/v2/repository/models/tiny/" + what, new byte[0]);
      String error = server.json(refused, 403).get("error").asText();
      assertTrue(error.contains("--model-control on"), error);
    }
    server.json(server.post("/v2/repository/index", new byte[0]), 200);
    server.json(server.get("/v2/models/tiny/ready"), 200);
  }

  @Test
  void thePageNeedsNothingFromElsewhere() throws Exception {
    TestServer server = shared;
    for (String path : List.of("/", "/page.css", "/page.js", "/favicon.svg")) {
      HttpResponse<byte[]> answer = server.get(path);
      assertEquals(200, answer.statusCode());
      String policy = answer.headers().firstValue("Content-Security-Policy").orElse("");
      assertTrue(policy.startsWith("default-src 'none'"), policy);
      String text = new String(answer.body(), StandardCharsets.UTF_8);
      assertFalse(text.replace("http://www.w3.org/2000/svg", "").contains("http"), path);
    }
  }

  @Test
  void aPortInUseIsOneClearSentence() {
    TestServer server = shared;
    ServeOptions d = ServeOptions.defaults();
    ServeOptions same =
        new ServeOptions(
            d.host(),
            server.address().getPort(),
            d.mostBytes(),
            d.mostBytesTogether(),
            d.mostPixels(),
            d.timeout(),
            d.drain(),
            d.apiKeys(),
            d.tls(),
            d.allowed());
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> Server.open(same).close());
    assertTrue(e.getMessage().contains("--port"), e.getMessage());
  }

  @Test
  void stoppingAnswersWhatHasBegun() throws Exception {
    TestServer server = server(ServeOptions.defaults());
    server.holdEngine();
    CompletableFuture<HttpResponse<byte[]>> begun =
        server.postLater("/predict", TestServer.png(40, 40));
    server.awaitInFlight(1);
    AtomicBoolean stopped = new AtomicBoolean();
    Thread stopping =
        new Thread(
            () -> {
              server.drain();
              stopped.set(true);
            });
    stopping.start();
    Thread.sleep(300);
    assertFalse(stopped.get());
    server.freeEngine();
    assertEquals(200, begun.get(20, TimeUnit.SECONDS).statusCode());
    stopping.join(Duration.ofSeconds(20).toMillis());
    assertTrue(stopped.get());
  }
}
