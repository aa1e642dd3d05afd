package io.resnet4j.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Size, time, the queue and a stop: each ends what is beyond it, and nothing else. */
@Timeout(60)
class ServeLimitsTest extends ServeTests {
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
