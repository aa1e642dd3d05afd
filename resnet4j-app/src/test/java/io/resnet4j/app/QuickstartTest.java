package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first command that anybody runs, with a twentieth of its pictures. */
class QuickstartTest {
  @TempDir Path folder;

  @Test
  void trainsBothNetworksAndWritesOneReport() throws IOException {
    Path out = folder.resolve("run");
    Ran ran = Ran.of("quickstart", "--pictures", 400, "--epochs", 1, "--out", out, "--json");
    JsonNode result = ran.good().json();
    for (String network : new String[] {"resnet20", "plain20"}) {
      assertTrue(result.at("/runs/" + network + "/test_acc").isNumber(), ran::out);
      assertTrue(Files.isRegularFile(out.resolve(network).resolve("last.safetensors")));
    }
    String report = Files.readString(out.resolve("report.html"));
    assertTrue(report.contains("resnet20") && report.contains("plain20"));
  }
}
