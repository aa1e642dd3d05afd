package io.resnet4j.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.resnet4j.InvalidInputException;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which proxy leads where. */
class ProxiesTest {
  private static final Map<String, String> BOTH =
      Map.of(
          "http_proxy", "http://plain:3128",
          "HTTPS_PROXY", "safe",
          "no_proxy", "localhost, .inside.example,10.0.0.1:8080");

  private static String chosen(Map<String, String> environment, String address) {
    Proxy proxy = Proxies.of(environment).select(URI.create(address)).get(0);
    return proxy.type() == Proxy.Type.DIRECT ? "direct" : proxy.address().toString();
  }

  @ParameterizedTest
  @CsvSource({
    "http://files.example/a, plain/<unresolved>:3128",
    "https://files.example/a, safe/<unresolved>:8080",
    "http://localhost:99/a, direct",
    "https://inside.example/a, direct",
    "https://deep.inside.example/a, direct",
    "https://notinside.example/a, safe/<unresolved>:8080",
    "http://10.0.0.1:8080/a, direct",
    "http://10.0.0.1/a, plain/<unresolved>:3128"
  })
  void theVariablesOfCurlAreRead(String address, String proxy) {
    assertEquals(proxy, chosen(BOTH, address));
  }

  @Test
  void javasOwnPropertiesComeFirst() {
    System.setProperty("http.proxyHost", "property");
    System.setProperty("http.proxyPort", "81");
    try {
      assertEquals("property/<unresolved>:81", chosen(BOTH, "http://files.example/a"));
    } finally {
      System.clearProperty("http.proxyHost");
      System.clearProperty("http.proxyPort");
    }
  }

  @Test
  void aVariableForAllStandsInForBoth() {
    Map<String, String> all = Map.of("all_proxy", "http://one:1", "NO_PROXY", "*.nothing");
    assertEquals("one/<unresolved>:1", chosen(all, "https://files.example/a"));
    assertEquals("direct", chosen(Map.of(), "https://files.example/a"));
    assertEquals("direct", chosen(Map.of("all_proxy", "one", "no_proxy", "*"), "http://a/b"));
  }

  @Test
  void whatIsNoHttpProxyIsToldWithoutItsPassword() {
    for (String bad : new String[] {"socks5://user:secret@host:1", "http://user:secret@", "%%"}) {
      String message =
          assertThrows(InvalidInputException.class, () -> Proxies.of(Map.of("https_proxy", bad)))
              .getMessage();
      assertFalse(message.contains("secret"), message);
    }
  }
}
