package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Session;
import io.resnet4j.plan.Precision;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RequirementsTest {
  private static final Backend QUICK = machine(Set.of(Precision.F32, Precision.BF16), Set.of());
  private static final Backend SLOW =
      machine(Set.of(Precision.F32, Precision.BF16), Set.of(Precision.BF16));
  private static final Backend NARROW = machine(Set.of(Precision.F32), Set.of());

  @Test
  void aRecipesPrecisionHoldsWhereTheMachineHasInstructionsForIt() {
    assertEquals(Precision.BF16, chosen(QUICK, Optional.empty()));
    assertEquals(Precision.F32, chosen(SLOW, Optional.empty()));
    assertEquals(Precision.F32, chosen(NARROW, Optional.empty()));
  }

  @Test
  void whatIsAskedForIsDoneOrRefused() {
    assertEquals(Precision.F32, chosen(QUICK, Optional.of(Precision.F32)));
    assertEquals(Precision.BF16, chosen(SLOW, Optional.of(Precision.BF16)));
    String message =
        assertThrows(InvalidInputException.class, () -> chosen(NARROW, Optional.of(Precision.BF16)))
            .getMessage();
    assertTrue(message.contains("bf16") && message.contains("[f32]"), message);
  }

  @Test
  void whatIsForInferenceDoesNotTrain() {
    Backend able = machine(Set.of(Precision.F32, Precision.INT8), Set.of());
    String message =
        assertThrows(InvalidInputException.class, () -> chosen(able, Optional.of(Precision.INT8)))
            .getMessage();
    assertTrue(message.contains("inference only"), message);
  }

  private static Precision chosen(Backend backend, Optional<Precision> asked) {
    return Requirements.precision(backend, asked, Precision.BF16);
  }

  private static Backend machine(Set<Precision> computes, Set<Precision> slowly) {
    return new Backend() {
      @Override
      public String name() {
        return "machine";
      }

      @Override
      public Set<Precision> precisions() {
        return computes;
      }

      @Override
      public Set<Precision> emulated() {
        return slowly;
      }

      @Override
      public Session open(Choices choices) {
        throw new UnsupportedOperationException();
      }
    };
  }
}
