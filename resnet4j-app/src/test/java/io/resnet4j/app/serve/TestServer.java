package io.resnet4j.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.app.picture.Png;
import io.resnet4j.backend.Backends;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.infer.BatchLimits;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import io.resnet4j.random.KeyedRandom;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;

/** A server of small networks on the reference backend, and a client for it. */
final class TestServer implements AutoCloseable {
  static final BatchLimits LIMITS = new BatchLimits(8, Duration.ofMillis(2), 16);
  static final Function<Path, Predictor> OPENER =
      file -> Predictor.open(Model.load(file), Precision.F32, Backends.named("reference"));

  /** Seconds within which whatever must come comes, on a machine with much else to do too. */
  static final int PATIENCE = 60;

  private final Repository repository;
  private final Server server;
  private final HttpClient client;
  final List<String> log = new CopyOnWriteArrayList<>();

  TestServer(Repository repository, ServeOptions options) {
    this(repository, options, HttpClient.newBuilder());
  }

  TestServer(Repository repository, ServeOptions options, HttpClient.Builder client) {
    this.repository = repository;
    this.client = client.version(HttpClient.Version.HTTP_1_1).build();
    this.server = Server.open(options);
    server.start(repository, "test", line -> {}, log::add);
  }

  /** As by default, at any port, but patient and with keys or TLS. */
  static ServeOptions options(Optional<Path> keys, Optional<ServeOptions.Tls> tls) {
    return options(keys, tls, ServeOptions.Allowed.defaults());
  }

  /** As by default, at any port, but patient and for what callers may do. */
  static ServeOptions options(ServeOptions.Allowed allowed) {
    return options(Optional.empty(), Optional.empty(), allowed);
  }

  private static ServeOptions options(
      Optional<Path> keys, Optional<ServeOptions.Tls> tls, ServeOptions.Allowed allowed) {
    ServeOptions d = ServeOptions.defaults();
    return new ServeOptions(
        d.host(),
        0,
        d.mostBytes(),
        d.mostBytesTogether(),
        d.mostPixels(),
        Duration.ofSeconds(PATIENCE),
        d.drain(),
        keys,
        tls,
        allowed);
  }

  static TestServer ofFile(Path file, ServeOptions options) {
    return new TestServer(Repository.ofFile("tiny", file, OPENER, LIMITS, line -> {}), options);
  }

  static Model model(long seed) {
    Preprocessing preprocessing =
        new Preprocessing(
            3, 32, 32, 32, Preprocessing.ChannelMeaning.RGB, Normalisation.imageNet());
    return Models.resnet20(5)
        .withBlocks(List.of(1, 1, 1))
        .withWidths(List.of(2, 2, 2))
        .initialise(seed)
        .withClassNames(List.of("class0", "class1", "class2", "class3", "class4"))
        .withMetadata(Model.PREPROCESSING, PreprocessingJson.write(preprocessing));
  }

  static float[] images(int count) {
    KeyedRandom random = KeyedRandom.of(4, "images");
    float[] images = new float[count * 3 * 32 * 32];
    for (int i = 0; i < images.length; i++) {
      images[i] = (float) random.nextNormal();
    }
    return images;
  }

  static byte[] png(int width, int height) {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        picture.setRGB(x, y, x * 5 << 16 | y * 6 << 8 | (x ^ y));
      }
    }
    return Png.of(picture);
  }

  /** The beginning of a picture that claims a size; its check sum is right. */
  static byte[] pngHeader(int width, int height) {
    byte[] small = png(2, 2);
    ByteBuffer bytes = ByteBuffer.wrap(small);
    bytes.putInt(16, width).putInt(20, height);
    CRC32 sum = new CRC32();
    sum.update(small, 12, 17);
    bytes.putInt(29, (int) sum.getValue());
    return small;
  }

  static byte[] form(byte[] picture) {
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    form.writeBytes(
        ("--xyz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--xyz\r\n"
                + "Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n"
                + "Content-Type: image/png\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    form.writeBytes(picture);
    form.writeBytes("\r\n--xyz--\r\n".getBytes(StandardCharsets.US_ASCII));
    return form.toByteArray();
  }

  static String request(float[] images, int count) {
    StringBuilder data = new StringBuilder();
    for (float value : images) {
      data.append(data.length() == 0 ? "" : ",").append(value);
    }
    return "{\"inputs\":[{\"name\":\"images\",\"shape\":["
        + count
        + ",3,32,32],\"datatype\":\"FP32\",\"data\":["
        + data
        + "]}]}";
  }

  static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }

  /** Logits that came as bytes. */
  record Binary(float[] logits) {}

  byte[] binaryBody(float[] images, int count) {
    String head =
        "{\"inputs\":[{\"name\":\"images\",\"shape\":["
            + count
            + ",3,32,32],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":"
            + 4 * images.length
            + "}}],\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"binary_data\":true}}]}";
    ByteBuffer body =
        ByteBuffer.allocate(head.length() + 4 * images.length).order(ByteOrder.LITTLE_ENDIAN);
    body.put(head.getBytes(StandardCharsets.US_ASCII));
    body.asFloatBuffer().put(images);
    return body.array();
  }

  int headerLength(byte[] body) {
    return new String(body, StandardCharsets.ISO_8859_1).indexOf("}}]}") + 4;
  }

  Binary inferBinary(float[] images, int count) throws Exception {
    byte[] body = binaryBody(images, count);
    HttpResponse<byte[]> answer =
        post("/v2/models/tiny/infer", body, InferAnswer.HEADER, "" + headerLength(body));
    assertEquals(200, answer.statusCode(), new String(answer.body(), StandardCharsets.UTF_8));
    int head = (int) answer.headers().firstValueAsLong(InferAnswer.HEADER).orElseThrow();
    float[] logits = new float[(answer.body().length - head) / 4];
    ByteBuffer.wrap(answer.body(), head, 4 * logits.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(logits);
    return new Binary(logits);
  }

  HttpResponse<byte[]> infer(float[] images, int count) throws Exception {
    return post("/v2/models/tiny/infer", request(images, count).getBytes(StandardCharsets.UTF_8));
  }

  URI address() {
    return server.address();
  }

  private HttpRequest request(String method, String path, byte[] body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.address() + path))
            .timeout(Duration.ofSeconds(PATIENCE))
            .method(
                method,
                body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request.build();
  }

  HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    return client.send(
        request(method, path, body, headers), HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    return send("GET", path, new byte[0], headers);
  }

  HttpResponse<byte[]> post(String path, byte[] body, String... headers) throws Exception {
    return send("POST", path, body, headers);
  }

  /** What comes back for bytes that no well-behaved client sends; then the client hangs up. */
  String raw(byte[] bytes) throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /** A connection that does not wait for ever. */
  Socket connect() throws IOException {
    Socket socket = new Socket(server.address().getHost(), server.address().getPort());
    socket.setSoTimeout(PATIENCE * 1000);
    return socket;
  }

  CompletableFuture<HttpResponse<byte[]>> postLater(String path, byte[] body) {
    return client.sendAsync(request("POST", path, body), HttpResponse.BodyHandlers.ofByteArray());
  }

  JsonNode json(HttpResponse<byte[]> answer, int status) throws IOException {
    String text = new String(answer.body(), StandardCharsets.UTF_8);
    assertEquals(status, answer.statusCode(), text);
    assertEquals("application/json", answer.headers().firstValue("Content-Type").orElse(""));
    return Json.MAPPER.readTree(text);
  }

  String metrics() throws Exception {
    return new String(get("/metrics").body(), StandardCharsets.UTF_8);
  }

  /** No batch runs until {@link #freeEngine}, by the same thread. */
  void holdEngine() {
    repository.turns().lock();
  }

  void freeEngine() {
    repository.turns().unlock();
  }

  /** Requests are counted when their answers have been written, which a client may see before. */
  void awaitMetric(String line) throws Exception {
    await(() -> metrics().contains("\n" + line), line);
  }

  /** Returns when exactly so many threads wait for the engine. */
  void awaitQueuedForEngine(int threads) throws Exception {
    await(
        () -> repository.turns().getQueueLength() == threads, threads + " waiting for the engine");
  }

  /** Returns when {@code what} is so. */
  static void await(Callable<Boolean> what, String words) throws Exception {
    long begin = System.nanoTime();
    while (!what.call()) {
      assertTrue(
          System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(PATIENCE), () -> "never: " + words);
      Thread.sleep(5);
    }
  }

  void drain() {
    server.drain();
  }

  @Override
  public void close() {
    server.close();
    repository.close();
  }
}
