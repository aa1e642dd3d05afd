package io.resnet4j.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.infer.Explanation;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may ask, and for what; and who may have the port. */
@Timeout(120)
class ServeAccessTest extends ServeTests {
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
    for (String scheme : List.of("Bearer", "bearer")) {
      assertEquals(
          200, server.get("/v2", "Authorization", scheme + " 0123456789abcdef").statusCode());
    }
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

  /** As behind a proxy that calls the server by its address. */
  @Test
  void pagesOfNamesThatWereGivenMayUseIt() {
    ServeOptions.Allowed allowed =
        new ServeOptions.Allowed(Set.of(), Optional.empty(), Set.of("Shop.example"));
    HostNames names = HostNames.of(TestServer.options(allowed));
    assertTrue(names.allowPage("https://shop.example", "127.0.0.1:8080"));
    assertTrue(names.allowPage("https://SHOP.example:8443", "127.0.0.1:8080"));
    assertTrue(names.allowPage("http://127.0.0.1:8080", "127.0.0.1:8080"));
    assertFalse(names.allowPage("https://elsewhere.example", "127.0.0.1:8080"));
    assertFalse(names.allowPage("https://localhost:3000", "127.0.0.1:8080"));
    assertFalse(names.allowPage("null", "127.0.0.1:8080"));
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
}
