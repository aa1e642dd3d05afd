package io.resnet4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A short run of what tools/proofs/3-fuzz-weights does at length. */
class WeightsFuzzTest {
  private static final int COUNT = 2000;
  private static final long SEED = 7;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"pth", "safetensors"})
  void mutatedFilesAreRefusedOrRead(String format) throws Exception {
    WeightsFuzz.Outcome outcome = new WeightsFuzz(format, SEED, folder).run(COUNT, folder);
    assertEquals(COUNT, outcome.refused() + outcome.read());
    // Both must happen often, or the mutants tell little.
    assertTrue(outcome.refused() > COUNT / 4 && outcome.read() > COUNT / 40, outcome.toString());
  }

  @Test
  void aMutantCanBeMadeAgain() throws Exception {
    byte[] once = new WeightsFuzz("pth", SEED, folder).mutant(99);
    assertArrayEquals(once, new WeightsFuzz("pth", SEED, folder).mutant(99));
  }
}
