package io.resnet4j.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Size, time, the queue and a stop: each ends what is beyond it, and nothing else. */
@Timeout(120)
class ServeLimitsTest extends ServeTests {
  /** Takes bodies and pictures that are small. */
  private static ServeOptions small(int bytes) {
    ServeOptions d = ServeOptions.defaults();
    return new ServeOptions(
        d.host(),
        0,
        bytes,
        2L * bytes,
        2000,
        d.timeout(),
        d.drain(),
        d.apiKeys(),
        d.tls(),
        d.allowed());
  }

  @Test
  void hugeThingsAreRefusedAndTheServerStaysUp() throws Exception {
    TestServer server = server(small(20_000));
    byte[] small = TestServer.gzip(new byte[1 << 20]);
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

  /** A client that still sends while it is refused must see why, so its bytes are taken. */
  @Test
  void aRefusedBodyIsTakenToItsEnd() throws Exception {
    // Not too much to be sent within the seconds for which the server takes it.
    int most = 1 << 20;
    TestServer server = server(small(most));
    int length = most + 1;
    for (String target : List.of("/predict", "/nothing")) {
      try (Socket socket = server.connect()) {
        socket
            .getOutputStream()
            .write(
                ascii(
                    "POST "
                        + target
                        + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                        + length
                        + "\r\n\r\nbegun"));
        assertTrue(answerFrom(socket).startsWith("HTTP/1.1 4"));
        socket.getOutputStream().write(new byte[length - "begun".length()]);
        socket
            .getOutputStream()
            .write(ascii("GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assertTrue(answerFrom(socket).startsWith("HTTP/1.1 200"));
      }
    }
    assertEquals(List.of(), server.log);
  }

  /** The next answer of a connection that stays open. */
  private static String answerFrom(Socket socket) throws Exception {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      assertTrue(next >= 0, "the server hung up after: " + head);
      head.append((char) next);
    }
    String length = head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1");
    socket.getInputStream().readNBytes(Integer.parseInt(length));
    return head.toString();
  }

  @Test
  void slowBodiesAreGivenUpAndHoldNoOneElseUp() throws Exception {
    TestServer server = shared;
    List<Socket> slow = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      Socket socket = server.connect();
      open.add(socket);
      slow.add(socket);
      socket
          .getOutputStream()
          .write(
              ascii(
                  "POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Request-Timeout-Ms: 1500\r\n"
                      + "Content-Length: 1000\r\n\r\nab"));
    }
    server.json(server.post("/predict", TestServer.png(40, 40)), 200);
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
                Duration.ofSeconds(3),
                d.drain(),
                d.apiKeys(),
                d.tls(),
                d.allowed()));
    String head = "POST /predict HTTP/1.1\r\nHost: localhost\r\n";
    Map<String, Socket> dripping = new LinkedHashMap<>();
    for (String begin : List.of("", head, head + "Content-Length: 100000\r\n\r\n")) {
      Socket socket = server.connect();
      open.add(socket);
      socket.getOutputStream().write(ascii(begin));
      dripping.put(begin, socket);
    }
    for (int sent = 0; !dripping.isEmpty(); sent++) {
      assertTrue(sent < 1000, () -> "never cut off after " + dripping.keySet());
      Thread.sleep(20);
      dripping.values().removeIf(ServeLimitsTest::isCutOff);
    }
    // One write right after the connection: a client's threads may take longer than the limit.
    String get = "GET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    String answer = server.raw(ascii(get));
    assertTrue(answer.startsWith("HTTP/1.1 200"), answer);
  }

  /** Sends one byte more; whether the connection has been ended. */
  private static boolean isCutOff(Socket socket) {
    try {
      socket.getOutputStream().write('x');
      socket.setSoTimeout(1);
      while (socket.getInputStream().read() >= 0) {
        // An answer; the end comes after it.
      }
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void deadlinesOfRequestsAreKept() throws Exception {
    TestServer server = shared;
    server.holdEngine();
    try {
      // In one write: a body that comes after the time is another fault.
      byte[] png = TestServer.png(40, 40);
      ByteArrayOutputStream request = new ByteArrayOutputStream();
      request.writeBytes(
          ascii(
              "POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                  + Call.TIMEOUT
                  + ": 300\r\nContent-Length: "
                  + png.length
                  + "\r\n\r\n"));
      request.writeBytes(png);
      String late = server.raw(request.toByteArray());
      assertTrue(late.startsWith("HTTP/1.1 504") && late.contains("time"), late);
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
      server.json(plain.get(TestServer.PATIENCE, TimeUnit.SECONDS), 200);
      withinOcclusion.awaitHeld();
      // The occlusion has more steps to go and asks for the engine again.
      server.awaitQueuedForEngine(1);
      assertFalse(explained.isDone());
      withinOcclusion.letGo();
      HttpResponse<byte[]> map = explained.get(TestServer.PATIENCE, TimeUnit.SECONDS);
      assertTrue(server.json(map, 200).has("heatmap"));
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
      assertTrue(held.await(TestServer.PATIENCE, TimeUnit.SECONDS));
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
      HttpResponse<byte[]> refused = first.get(TestServer.PATIENCE, TimeUnit.SECONDS);
      assertTrue(server.json(refused, 429).get("error").asText().contains("queue"));
      assertTrue(refused.headers().firstValueAsLong("Retry-After").orElse(0) >= 1);
    } finally {
      server.freeEngine();
    }
    int good = 0;
    for (CompletableFuture<HttpResponse<byte[]>> answer : answers) {
      int status = answer.get(TestServer.PATIENCE, TimeUnit.SECONDS).statusCode();
      assertTrue(status == 200 || status == 429, "status " + status);
      good += status == 200 ? 1 : 0;
    }
    // All that the queue took, and what came after the engine was free again.
    assertTrue(good >= TestServer.LIMITS.queue(), good + " answered");
  }

  @Test
  void stoppingAnswersWhatHasBegun() throws Exception {
    TestServer server = server(ServeOptions.defaults());
    server.holdEngine();
    CompletableFuture<HttpResponse<byte[]>> begun =
        server.postLater("/predict", TestServer.png(40, 40));
    // A metric of requests in flight still counts those whose answer the client has already seen.
    server.awaitQueuedForEngine(1);
    Thread stopping = new Thread(server::drain);
    stopping.start();
    stopping.join(300);
    assertTrue(stopping.isAlive());
    server.freeEngine();
    assertEquals(200, begun.get(TestServer.PATIENCE, TimeUnit.SECONDS).statusCode());
    stopping.join(Duration.ofSeconds(TestServer.PATIENCE).toMillis());
    assertFalse(stopping.isAlive());
  }
}
