package io.resnet4j.app.serve;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A server on a free loopback port, asked by the JDK's client: what its tests share. */
abstract class ServeTests {
  @TempDir private static Path sharedFolder;

  /** Most tests ask the same server: an idle connection keeps one from stopping for a second. */
  static TestServer shared;

  @TempDir Path folder;

  /** Closed after the test. */
  final List<AutoCloseable> open = new ArrayList<>();

  @BeforeAll
  static void startTheSharedServer() {
    shared = started(sharedFolder, TestServer.options(ServeOptions.Allowed.defaults()));
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

  TestServer server(ServeOptions options) {
    TestServer server = started(folder, options);
    open.add(server);
    return server;
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
