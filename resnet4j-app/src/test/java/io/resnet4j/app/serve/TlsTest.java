package io.resnet4j.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates and keys made by the JDK's keytool: those that fit, and what people mix up. */
@Timeout(120)
class TlsTest {
  private static final String PASSWORD = "changeit";

  @TempDir private static Path folder;

  @BeforeAll
  static void make() throws Exception {
    pair("ec", "-keyalg", "EC", "-groupname", "secp256r1");
    pair("ec2", "-keyalg", "EC", "-groupname", "secp256r1");
    pair("rsa", "-keyalg", "RSA", "-keysize", "2048");
    pair("ed", "-keyalg", "Ed25519");
  }

  /** NAME.crt and NAME.key, and the store NAME.p12 with both. */
  private static void pair(String name, String... algorithm) throws Exception {
    Path store = folder.resolve(name + ".p12");
    ProcessBuilder keytool =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            name,
            "-dname",
            "CN=" + name,
            "-ext",
            "san=ip:127.0.0.1",
            "-storetype",
            "PKCS12",
            "-keystore",
            store.toString(),
            "-storepass",
            PASSWORD);
    keytool.command().addAll(List.of(algorithm));
    Process run = keytool.redirectErrorStream(true).start();
    assertTrue(run.waitFor(5, TimeUnit.MINUTES), "keytool does not end");
    assertEquals(0, run.exitValue(), () -> "keytool says " + text(run));
    Key key = store(name).getKey(name, PASSWORD.toCharArray());
    Certificate certificate = store(name).getCertificate(name);
    Files.writeString(folder.resolve(name + ".key"), pem("PRIVATE KEY", key.getEncoded()));
    Files.writeString(folder.resolve(name + ".crt"), pem("CERTIFICATE", certificate.getEncoded()));
  }

  private static String text(Process run) {
    try {
      return new String(run.getInputStream().readAllBytes());
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static KeyStore store(String name) throws Exception {
    return KeyStore.getInstance(folder.resolve(name + ".p12").toFile(), PASSWORD.toCharArray());
  }

  private static String pem(String what, byte[] bytes) {
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(what, Base64.getMimeEncoder().encodeToString(bytes), what);
  }

  private static ServeOptions options(String certificate, String key) {
    return TestServer.options(
        Optional.empty(),
        Optional.of(new ServeOptions.Tls(folder.resolve(certificate), folder.resolve(key))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ec", "rsa", "ed"})
  void aPairThatFitsServes(String name) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("server", store(name).getCertificate(name));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    Path file = folder.resolve(name + ".safetensors");
    TestServer.model(1).save(file);
    Repository repository =
        Repository.ofFile("tiny", file, TestServer.OPENER, TestServer.LIMITS, line -> {});
    try (TestServer server =
        new TestServer(
            repository,
            options(name + ".crt", name + ".key"),
            HttpClient.newBuilder().sslContext(context))) {
      assertEquals("https", server.address().getScheme());
      assertEquals(200, server.post("/predict", TestServer.png(40, 40)).statusCode());
      String plain = server.raw("GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n".getBytes());
      assertTrue(!plain.contains("200"), plain);
      assertEquals(200, server.get("/v2").statusCode());
      assertEquals(List.of(), server.log);
    }
  }

  private static void refused(String certificate, String key, String... parts) {
    InvalidInputException e =
        assertThrows(
            InvalidInputException.class, () -> Server.open(options(certificate, key)).close());
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }

  @Test
  void pairsThatDoNotBelongTogetherAreRefused() throws Exception {
    refused("ec.crt", "ec2.key", "--tls-key", "is not the key of", "--tls-cert");
    refused("ec.crt", "rsa.key", "--tls-key", "EC key");
    refused("rsa.crt", "ec.key", "--tls-key", "RSA key");
    Files.writeString(
        folder.resolve("two.crt"),
        Files.readString(folder.resolve("ec.crt")) + Files.readString(folder.resolve("ec2.crt")));
    refused("two.crt", "ec2.key", "is not the key of the first certificate");
    refused("two.crt", "ec.key", "--tls-cert", "chain");
  }

  @Test
  void filesOfOtherKindsAreRefused() throws Exception {
    refused("no.crt", "ec.key", "--tls-cert", "no.crt");
    refused("ec.crt", "no.key", "--tls-key", "no.key");
    refused(".", "ec.key", "--tls-cert");
    refused("ec.crt", ".", "--tls-key");
    refused("ec.key", "ec.crt", "--tls-cert");
    refused("ec.crt", "ec.crt", "--tls-key", "openssl pkcs8");
    Files.writeString(folder.resolve("empty"), "");
    refused("empty", "ec.key", "--tls-cert", "no certificate");
    refused("ec.crt", "empty", "--tls-key", "openssl pkcs8");
    String key = Files.readString(folder.resolve("ec.key"));
    Files.writeString(folder.resolve("half.key"), key.substring(0, key.length() / 2));
    refused("ec.crt", "half.key", "--tls-key");
    Files.writeString(folder.resolve("locked.key"), key.replace("PRIVATE", "ENCRYPTED PRIVATE"));
    refused("ec.crt", "locked.key", "--tls-key", "unencrypted", "openssl pkcs8");
    Files.writeString(folder.resolve("damaged.key"), pem("PRIVATE KEY", new byte[40]));
    refused("ec.crt", "damaged.key", "--tls-key", "EC key");
    Files.writeString(folder.resolve("damaged.crt"), pem("CERTIFICATE", new byte[40]));
    refused("damaged.crt", "ec.key", "--tls-cert", "PEM");
  }
}
