package io.resnet4j.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is asked in the protocol, and for pictures, is answered; what is asked wrongly is told. */
@Timeout(120)
class ServeProtocolTest extends ServeTests {
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
  void packedBodiesAreUnpackedOrRefused() throws Exception {
    TestServer server = shared;
    byte[] plain = TestServer.request(TestServer.images(1), 1).getBytes(StandardCharsets.UTF_8);
    byte[] packed = TestServer.gzip(plain);
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
}
