package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Processors with fewer instructions than this one, by oneDNN's own limit, which it reads once in a
 * process: results are right, or the refusal names what is missing.
 */
class LesserProcessorTest {
  @TempDir Path folder;

  @BeforeAll
  static void x86() {
    assumeTrue(System.getProperty("os.arch").matches("amd64|x86_64"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"SSE41", "AVX2", "AVX512_CORE"})
  void doctorFindsTheEngineRightAndSaysWhatBf16Is(String instructions) throws Exception {
    Ran doctor = run(instructions, "doctor", "--json");
    JsonNode findings = Json.MAPPER.readTree(doctor.out()).get("findings");
    JsonNode bf16 = named(findings, "bf16");
    assertEquals("note", bf16.get("state").asText(), doctor.out());
    assertEquals("ok", named(findings, "check in f32").get("state").asText(), doctor.out());
    boolean emulated = instructions.startsWith("AVX512");
    assertEquals(emulated, bf16.get("value").asText().startsWith("slow"), doctor.out());
  }

  @Test
  void aRecipeInBf16RunsInF32OnAvx2AndAskingForBf16IsRefused() throws Exception {
    Path data = TinyCifar.write(folder.resolve("data"), 4);
    List<String> train =
        List.of(
            "train",
            "--model",
            "resnet20",
            "--data",
            "cifar10:" + data,
            "--steps",
            "1",
            "--batch",
            "4",
            "--autotune",
            "off");
    Path run = folder.resolve("run");
    Ran usual = run("AVX2", with(train, "--out", run.toString(), "--json"));
    assertEquals(Main.OK, usual.status(), usual.err());
    assertTrue(usual.err().contains("f32 (the recipe's: bf16)"), usual.err());
    assertEquals(
        "f32", Json.MAPPER.readTree(run.resolve("config.json").toFile()).get("precision").asText());

    Path other = folder.resolve("other");
    Ran refused = run("AVX2", with(train, "--out", other.toString(), "--precision", "bf16"));
    refused.bad(Main.BAD_INPUT, "bf16", "computes in [f32]");
    assertFalse(Files.exists(other));
  }

  private static String[] with(List<String> first, String... more) {
    List<String> all = new ArrayList<>(first);
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private static JsonNode named(JsonNode findings, String name) {
    for (JsonNode finding : findings) {
      if (finding.get("name").asText().equals(name)) {
        return finding;
      }
    }
    throw new AssertionError("no finding " + name + " in " + findings);
  }

  private Ran run(String instructions, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-Dorg.bytedeco.javacpp.maxBytes=0"));
    command.addAll(List.of("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    File out = folder.resolve("out").toFile();
    File err = folder.resolve("err").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(out)
            .redirectError(err)
            .directory(folder.toFile());
    builder.environment().put("ONEDNN_MAX_CPU_ISA", instructions);
    builder.environment().put("OMP_NUM_THREADS", "1");
    Process process = builder.start();
    try {
      assertTrue(process.waitFor(120, TimeUnit.SECONDS), "still running");
    } finally {
      process.destroyForcibly();
    }
    return new Ran(
        process.exitValue(), Files.readString(out.toPath()), Files.readString(err.toPath()));
  }
}
