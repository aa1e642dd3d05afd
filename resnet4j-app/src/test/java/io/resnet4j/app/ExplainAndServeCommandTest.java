package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.app.picture.Png;
import io.resnet4j.model.Models;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands around {@code infer.Explanations} and {@code serve.Server}. */
class ExplainAndServeCommandTest {
  @TempDir private Path folder;
  private Path weights;
  private Path picture;

  @BeforeEach
  void files() throws Exception {
    weights = folder.resolve("m.safetensors");
    Models.resnet20(3)
        .withBlocks(List.of(1, 1, 1))
        .withWidths(List.of(2, 2, 2))
        .initialise(1)
        .withClassNames(List.of("ape", "bee", "cat"))
        .save(weights);
    picture = folder.resolve("p.png");
    BufferedImage drawn = new BufferedImage(60, 40, BufferedImage.TYPE_INT_RGB);
    drawn.createGraphics().fillRect(10, 10, 20, 20);
    Files.write(picture, Png.of(drawn));
  }

  private Ran explain(Object... more) {
    Object[] all = new Object[more.length + 6];
    Object[] first = {
      "explain", "--weights", weights, picture, "--out", folder.resolve("heat.png")
    };
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return Ran.of(all);
  }

  @Test
  void aHeatMapIsDrawn() throws Exception {
    JsonNode said = explain("--class", "bee", "--size", "120", "--json").good().json();
    assertEquals("bee", said.get("class").asText());
    assertEquals("grad-cam", said.get("method").asText());
    assertTrue(said.get("layer").asText().startsWith("layer3.0"), said.toString());
    BufferedImage drawn = ImageIO.read(folder.resolve("heat.png").toFile());
    assertEquals(120, drawn.getWidth());
    assertEquals(80, drawn.getHeight());
    // The network sees the middle square; the rim is darker than the picture's black allows light.
    assertEquals(0, drawn.getRGB(2, 40) & 0xffffff);
    explain("--method", "occlusion").good();
  }

  @Test
  void aMethodIsCheckedAgainstRandomNetworks() throws Exception {
    // The network's own weights were drawn from seed 1, so that a network drawn from it is no
    // other.
    JsonNode said =
        explain("--sanity", "--seed", "1", "--draws", "1", "--size", "60", "--json").good().json();
    assertEquals("failed", said.at("/sanity/verdict").asText());
    assertEquals(1, said.at("/sanity/draws").asInt());
    assertEquals(6, said.at("/sanity/steps").size());
    assertEquals("fc", said.at("/sanity/steps/0/random_from").asText());
    assertEquals("conv1", said.at("/sanity/steps/5/random_from").asText());
    assertEquals(1, said.at("/sanity/steps/5/rank_correlation").asDouble(), 1e-6);
    assertEquals(1, said.at("/sanity/steps/5/structural_similarity").asDouble(), 1e-6);
    BufferedImage row = ImageIO.read(folder.resolve("heat.png").toFile());
    // Seven drawings of 60x40 and the gaps between them.
    assertEquals(7 * 64 + 4, row.getWidth());
    assertEquals(48, row.getHeight());
    for (int y = 0; y < 40; y++) {
      for (int x = 0; x < 60; x++) {
        assertEquals(row.getRGB(4 + x, 4 + y), row.getRGB(4 + 6 * 64 + x, 4 + y));
      }
    }
    Ran words = explain("--sanity", "--seed", "1", "--draws", "1").good();
    assertTrue(words.out().contains("grad-cam fails: "), words.out());
    assertTrue(words.out().contains("rank correlation"), words.out());
    Ran other = explain("--sanity", "--method", "grad-cam++", "--seed", "100").good();
    assertFalse(other.out().contains("grad-cam++ fails"), other.out());
  }

  @Test
  void whatCannotBeExplainedIsSaid() {
    explain("--method", "gradcam").bad(Main.BAD_INPUT, "did you mean 'grad-cam'");
    explain("--class", "bea").bad(Main.BAD_INPUT, "did you mean 'bee'");
    explain("--layer", "layer7").bad(Main.BAD_INPUT, "layer7", "summary");
    explain("--tta", "flip").bad(Main.BAD_INPUT, "--tta");
    explain("--draws", "2").bad(Main.BAD_INPUT, "--draws", "--sanity");
    explain("--sanity", "--draws", "0").bad(Main.BAD_INPUT, "--draws 0");
    explain("--size", "0").bad(Main.BAD_INPUT, "--size 0");
    assertFalse(Files.exists(folder.resolve("heat.png")));
  }

  @Test
  @Timeout(120)
  void whatTheHttpLibrarySaysOfItselfIsForTheCurious() throws Exception {
    assertEquals(List.of(), saidByJettyDuring("serve"));
    String said = saidByJettyDuring("serve", "-v").toString();
    assertTrue(said.contains("jetty-"), said);
  }

  /** What reaches the log of the HTTP library until the server answers, and while it stops. */
  private List<String> saidByJettyDuring(String... command) throws Exception {
    List<String> said = new CopyOnWriteArrayList<>();
    Handler listener =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            said.add(entry.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<String> line = new ArrayList<>(List.of(command));
    line.addAll(List.of("--weights", weights.toString(), "--port", "0", "--backend", "reference"));
    Thread serving =
        new Thread(
            () ->
                Main.run(
                    new PrintStream(out, true, StandardCharsets.UTF_8),
                    new PrintStream(err, true, StandardCharsets.UTF_8),
                    line.toArray(String[]::new)));
    Logger jetty = Logger.getLogger("org.eclipse.jetty");
    jetty.addHandler(listener);
    try {
      serving.start();
      while (serving.isAlive() && !out.toString(StandardCharsets.UTF_8).contains("serving on")) {
        Thread.sleep(10);
      }
      serving.interrupt();
      serving.join();
    } finally {
      jetty.removeHandler(listener);
    }
    assertTrue(out.toString(StandardCharsets.UTF_8).startsWith("serving on http://127"), "" + err);
    return said;
  }

  @Test
  void whatCannotBeServedIsSaid() throws Exception {
    Ran.of("serve").bad(Main.BAD_INPUT, "--weights FILE or --models DIR");
    Ran.of("serve", "--weights", weights, "--models", folder).bad(Main.BAD_INPUT, "not both");
    Ran.of("serve", "--models", folder.resolve("no")).bad(Main.BAD_INPUT, "no such folder");
    Ran.of("serve", "--models", folder, "--name", "x").bad(Main.BAD_INPUT, "--name");
    Ran.of("serve", "--weights", weights, "--max-batch", "3", "--port", "0")
        .bad(Main.BAD_INPUT, "power of two");
    Ran.of("serve", "--weights", weights, "--name", "a/b", "--port", "0")
        .bad(Main.BAD_INPUT, "model name 'a/b'");
    Ran.of("serve", "--weights", folder.resolve("no"), "--port", "0").bad(Main.BAD_INPUT, "no");
    Ran.of("serve", "--weights", weights, "--tls-key", "k", "--port", "0")
        .bad(Main.BAD_INPUT, "--tls-cert");
    Ran.of("serve", "--weights", weights, "--tls-cert", "c", "--tls-key", "k", "--port", "0")
        .bad(Main.BAD_INPUT, "--tls-cert c");
    Ran.of("serve", "--weights", weights, "--explain", "grad-cam,occlusio", "--port", "0")
        .bad(Main.BAD_INPUT, "did you mean 'occlusion'");
    Ran.of("serve", "--weights", weights, "--model-control", "yes", "--port", "0")
        .bad(Main.BAD_INPUT, "--model-control yes", "on, off");
    Ran open =
        Ran.of("serve", "--models", folder.resolve("no"), "--host", "0.0.0.0", "--port", "0");
    open.bad(Main.BAD_INPUT, "no such folder");
    assertTrue(open.err().contains("warning: --host 0.0.0.0 without --api-key-file"), open.err());
    Path keys = folder.resolve("keys");
    Ran.of("serve", "--weights", weights, "--api-key-file", keys, "--port", "0")
        .bad(Main.BAD_INPUT, "--api-key-file", "cannot be read");
    Files.writeString(keys, "# none yet\n");
    Ran.of("serve", "--weights", weights, "--api-key-file", keys, "--port", "0")
        .bad(Main.BAD_INPUT, "--api-key-file", "openssl rand");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      Ran.of("serve", "--weights", weights, "--port", taken.getLocalPort())
          .bad(Main.BAD_INPUT, "in use", "--port");
    }
  }
}
