package io.resnet4j.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.random.KeyedRandom;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What people and programs send that is wrong. Every answer is the protocol's, with a sentence, and
 * after each the server still answers a good request and has counted no failure of its own.
 */
@Timeout(120)
class ServeBadInputTest extends ServeTests {
  private static final String INFER = "/v2/models/tiny/infer";

  @AfterEach
  void theServerIsUp() throws Exception {
    shared.json(shared.post("/predict", TestServer.png(40, 40)), 200);
    assertTrue(shared.metrics().contains("resnet4j_failures_total 0"), shared.log::toString);
    assertEquals(List.of(), shared.log);
  }

  private static String error(HttpResponse<byte[]> answer, int status) throws Exception {
    return shared.json(answer, status).get("error").asText();
  }

  /** The status of a raw answer, which must be a sentence in JSON. */
  private static int refused(String answer) throws Exception {
    assertTrue(answer.startsWith("HTTP/1.1 "), answer);
    JsonNode body = Json.MAPPER.readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    assertTrue(body.path("error").asText().length() > 10, answer);
    return Integer.parseInt(answer.substring(9, 12));
  }

  static Stream<Arguments> notPictures() {
    byte[] png = TestServer.png(40, 40);
    byte[] jpeg = TestPictures.encoded("jpg");
    byte[] gif = TestPictures.encoded("gif");
    return Stream.of(
        arguments("nothing", new byte[0], "is empty"),
        arguments("text", ascii("hello, world"), "no picture that can be read"),
        arguments("a page", ascii("<html><body>404</body></html>"), "HTML"),
        arguments("a document", ascii("%PDF-1.7 ..."), "PDF"),
        arguments("a HEIC", ascii("\0\0\0\030ftypheic....."), "HEIC"),
        arguments("half a PNG", Arrays.copyOf(png, png.length / 2), "truncated"),
        arguments("half a JPEG", Arrays.copyOf(jpeg, jpeg.length / 2), "truncated"),
        arguments("half a GIF", Arrays.copyOf(gif, gif.length / 2), "truncated"),
        arguments("a huge PNG", TestServer.pngHeader(60_000, 60_000), "60000x60000"),
        arguments("a huge JPEG", TestPictures.claiming(jpeg, 60_000), "60000x60000"),
        arguments("a huge GIF", TestPictures.claiming(gif, 60_000), "60000x60000"),
        arguments(
            "a huge BMP",
            TestPictures.claiming(TestPictures.encoded("bmp"), 60_000),
            "Invalid width/height"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("notPictures")
  void whatIsNoPictureIsSaid(String what, byte[] file, String part) throws Exception {
    String bare = error(shared.post("/predict", file), 400);
    assertTrue(bare.contains(part) && bare.contains("the picture"), bare);
    String form =
        error(
            shared.post(
                "/predict",
                TestServer.form(file),
                "Content-Type",
                "multipart/form-data; boundary=xyz"),
            400);
    assertEquals(bare, form, what);
  }

  static Stream<Arguments> unusualPictures() throws Exception {
    return Stream.of(
        arguments("animated GIF", TestPictures.animatedGif(), TestPictures.plain()),
        arguments("animated PNG", TestPictures.animatedPng(), TestPictures.plain()),
        arguments("animated WebP", TestPictures.animatedWebp(), TestPictures.webp()),
        arguments("16 bits of grey", TestPictures.grey(16), TestPictures.grey(8)),
        arguments("16 bits of colour", TestPictures.colour(16), TestPictures.colour(8)));
  }

  /** Of an animation the first frame counts, of 16 bits the upper 8. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("unusualPictures")
  void unusualPicturesAreAnsweredAsTheirPlainKin(String what, byte[] unusual, byte[] plain)
      throws Exception {
    JsonNode expected = shared.json(shared.post("/predict", plain), 200).get("top");
    assertEquals(expected, shared.json(shared.post("/predict", unusual), 200).get("top"), what);
  }

  @Test
  void formsThatAreCutShortOrWrongAreRefused() throws Exception {
    byte[] form = TestServer.form(TestServer.png(40, 40));
    String type = "multipart/form-data; boundary=xyz";
    for (int length : new int[] {1, 5, 30, 100, form.length / 2, form.length - 9}) {
      error(shared.post("/predict", Arrays.copyOf(form, length), "Content-Type", type), 400);
    }
    for (String wrong : List.of("; boundary=other", "; boundary=\"\"", "", "; boundary=\u00e9")) {
      error(shared.post("/predict", form, "Content-Type", "multipart/form-data" + wrong), 400);
    }
    byte[] empty = ascii("--xyz--\r\n");
    assertTrue(
        error(shared.post("/predict", empty, "Content-Type", type), 400).contains("holds 0 files"));
    error(shared.post("/predict", form, "Content-Type", "application/json"), 415);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"inputs\":[{\"name\":\"images\"},{\"name\":\"images\"}]",
        "\"inputs\":[7]",
        "\"inputs\":[{\"name\":7}]",
        "\"inputs\":[{\"name\":\"images\",\"datatype\":\"BYTES\",\"data\":[\"a\"]}]",
        "\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":4,\"data\":[]}]",
        "\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":[-1,3,32,32],\"data\":[]}]",
        "\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":[3,32,32],\"data\":[]}]",
        "\"inputs\":[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":[1.5,3,32,32],\"data\":[]}]",
        "\"inputs\":[{\"name\":\"images\",\"data\":[[[[[[[[[[[1]]]]]]]]]]]}]",
        "\"inputs\":[{\"name\":\"images\",\"parameters\":{\"binary_data_size\":1e99}}]",
        "\"inputs\":[{\"name\":\"images\"}],\"inputs\":[]",
        "\"outputs\":[{\"name\":\"scores\"}]",
        "\"outputs\":[3]",
        "\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"classification\":-1}}]",
        "\"id\":7",
        "\"parameters\":{\"timeout\":-5}",
      })
  void tensorsThatMakeNoSenseAreRefused(String fields) throws Exception {
    String body = "{" + fields + "}";
    if (!fields.contains("inputs")) {
      String good = TestServer.request(TestServer.images(1), 1);
      body = "{" + fields + "," + good.substring(1);
    }
    assertTrue(error(shared.post(INFER, ascii(body)), 400).length() > 10);
  }

  @Test
  void everyCutAndEveryDamageOfARequestIsAnErrorOrARequest() {
    ModelSpec spec = TestServer.model(1).spec();
    byte[] body = shared.binaryBody(TestServer.images(1), 1);
    int header = shared.headerLength(body);
    byte[] json = ascii(TestServer.request(new float[3 * 32 * 32], 1));
    for (int length = 0; length < json.length; length += length < 200 ? 1 : 97) {
      byte[] cut = Arrays.copyOf(json, length);
      assertThrows(HttpError.class, () -> InferRequest.read(cut, -1, spec));
    }
    KeyedRandom random = KeyedRandom.of(7, "damage");
    for (int i = 0; i < 1000; i++) {
      byte[] damaged = body.clone();
      damaged[random.nextInt(header)] = (byte) random.nextInt(256);
      try {
        InferRequest.read(damaged, header, spec);
      } catch (HttpError e) {
        assertEquals(400, e.status());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/predict", INFER})
  void bodiesThatEndTooEarlyAreSaidToOrDropped(String path) throws Exception {
    String head = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n";
    assertEquals(400, refused(shared.raw(ascii(head + "Content-Length: 1000\r\n\r\nabc"))));
    assertEquals(
        400, refused(shared.raw(ascii(head + "Transfer-Encoding: chunked\r\n\r\n64\r\nabc"))));
    assertEquals(
        400, refused(shared.raw(ascii(head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc"))));
    for (int i = 0; i < 20; i++) {
      try (Socket gone = shared.connect()) {
        gone.getOutputStream().write(ascii(head + "Content-Length: 1000\r\n\r\nabc"));
        gone.setSoLinger(true, 0); // a reset, not an end
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hello",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\u0016\u0003\u0001\u0002\0\u0001\0\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST /predict HTTP/1.1\r\n"
            + "Host: localhost\r\n"
            + "Content-Length: 1\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "0\r\n\r\n",
      })
  void whatIsNotHttpIsAnsweredOrDropped(String bytes) throws Exception {
    String answer = shared.raw(ascii(bytes));
    if (!answer.isEmpty()) {
      assertTrue(refused(answer) >= 400, answer);
    }
  }

  @Test
  void headersWithoutEndAreRefused() throws Exception {
    String many = "X-Filler: " + "y".repeat(20_000) + "\r\n";
    assertEquals(431, refused(shared.raw(ascii("GET /v2 HTTP/1.1\r\n" + many + "\r\n"))));
    String path = "/v2/models/" + "a".repeat(20_000);
    assertEquals(
        414, refused(shared.raw(ascii("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v2/models/../../etc/passwd",
        "GET /../../etc/passwd",
        "GET /v2/models/..%2f..%2fetc/ready",
        "GET /v2/models/%2e%2e%2ftiny/ready",
        "GET /v2/models/..;/tiny",
        "GET /v2/models/tiny;/../..",
        "GET /v2/models/tiny%00/ready",
        "GET /v2/models/tiny%5c..%5c/ready",
        "GET /v2/models/..\\tiny/ready",
        "GET //v2//models//tiny",
        "GET /v2/models/C:%5cmodels/ready",
        "GET /v2/models/tiny/versions/..%2f1",
        "GET /v2/models/%ff%fe/ready",
        "GET /v2/models/%zz/ready",
        "GET /page.css/../secret",
        "POST /v2/repository/models/..%2f..%2ftiny/load",
        "POST /v2/repository/models/../tiny/load",
        "POST /v2/repository/models/%2ftmp%2fmodel/load",
        "POST /predict?model=../tiny",
        "POST /predict?model=tiny&version=../1",
        "POST /predict?model=%zz",
        "POST /predict?model=%ff%fe",
        "POST /predict?model=a%00b",
        "POST /predict?top=99999999999999999999",
      })
  void namesLeadNowhereElse(String request) throws Exception {
    String answer =
        shared.raw(
            ascii(
                request
                    + " HTTP/1.1\r\n"
                    + "Host: localhost\r\n"
                    + "Connection: close\r\n"
                    + "Content-Length: 0\r\n\r\n"));
    int status = refused(answer);
    assertTrue(status == 400 || status == 404, answer);
  }

  /** More of each than the server has threads. */
  @Test
  void clientsThatSendOrReadSlowlyHoldNobodyUp() throws Exception {
    List<AutoCloseable> open = new ArrayList<>();
    try {
      for (int i = 0; i < 50; i++) {
        Socket slow = shared.connect();
        open.add(slow);
        slow.getOutputStream().write(ascii("POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Begun"));
      }
      byte[] asks = ascii("GET /page.js HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(500));
      for (int i = 0; i < 50; i++) {
        SocketChannel deaf =
            SocketChannel.open(new InetSocketAddress("127.0.0.1", shared.address().getPort()));
        open.add(deaf);
        deaf.configureBlocking(false);
        ByteBuffer rest = ByteBuffer.wrap(asks);
        for (int tries = 0; rest.hasRemaining() && tries < 10; tries++) {
          deaf.write(rest);
        }
      }
      for (int i = 0; i < 5; i++) {
        shared.json(shared.post("/predict", TestServer.png(40, 40)), 200);
      }
    } finally {
      for (AutoCloseable each : open) {
        each.close();
      }
    }
  }
}
