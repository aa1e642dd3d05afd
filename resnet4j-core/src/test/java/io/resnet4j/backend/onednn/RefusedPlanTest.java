package io.resnet4j.backend.onednn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.resnet4j.InvalidInputException;
import io.resnet4j.NotEnoughMemoryException;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Executable;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A plan that is refused leaves a session as it was. */
class RefusedPlanTest {
  private static final ModelSpec NETWORK = Models.resnet20(10).withInput(3, 16, 16);
  private static final int LARGE = 16;

  private final Holdings holdings = new Holdings(Memory::new);
  private final OneDnnSession session = session(holdings);

  private static OneDnnSession session(Holdings holdings) {
    return new OneDnnSession(Set.of(Precision.F32), Choices.DEFAULTS, holdings);
  }

  @AfterEach
  void close() {
    System.clearProperty(AvailableMemory.LIMIT);
    session.close();
  }

  private static Plan training(int batch) {
    return Planner.plan(
        Program.training(NETWORK.trainingGraph(batch, 0), ModelSpec.LOSS, Precision.F32));
  }

  private static Plan inference(int batch) {
    return Planner.plan(Program.inference(NETWORK.graph(batch), Precision.F32));
  }

  /** Refuses a plan when it is known what it takes: enough for its largest value is there. */
  private void assertRefused(Plan plan) {
    long largest =
        plan.graph().nodes().stream()
            .flatMap(node -> node.outputs().stream())
            .mapToLong(value -> value.shape().elements() * Float.BYTES)
            .max()
            .orElseThrow();
    long bytes = session.bytes();
    System.setProperty(AvailableMemory.LIMIT, Long.toString(largest));
    int held = holdings.resources.count();
    for (int i = 0; i < 5; i++) {
      assertThrows(NotEnoughMemoryException.class, () -> session.prepare(plan));
      assertEquals(held, holdings.resources.count());
    }
    System.clearProperty(AvailableMemory.LIMIT);
    assertEquals(bytes, session.bytes());
  }

  private static double loss(OneDnnSession in, Executable training) {
    NETWORK.initialise(3).state().forEach((path, value) -> in.write(Program.MODEL, path, value));
    training.feed(ModelSpec.IMAGES, pictures(LARGE));
    float[] targets = new float[LARGE * NETWORK.classes()];
    for (int n = 0; n < LARGE; n++) {
      targets[n * NETWORK.classes() + n % NETWORK.classes()] = 1;
    }
    training.feed(ModelSpec.TARGETS, Tensor.ofFloats(Shape.of(LARGE, NETWORK.classes()), targets));
    training.run(0, 0);
    return training.scalar(ModelSpec.LOSS);
  }

  private static Tensor pictures(int count) {
    Shape shape = Shape.of(count, NETWORK.channels(), NETWORK.height(), NETWORK.width());
    KeyedRandom random = KeyedRandom.of(3, "pictures");
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.normalAt(i);
    }
    return Tensor.ofFloats(shape, values);
  }

  private static float[] logits(Executable inference) {
    inference.feed(ModelSpec.IMAGES, pictures(1));
    inference.run(0, 0);
    return inference.fetch(ModelSpec.LOGITS).toFloats();
  }

  @Test
  void theFirstPlanLeavesNothing() {
    assertRefused(training(LARGE));
    assertEquals(Map.of(), session.state(Program.MODEL));
    assertRefused(inference(LARGE));
    assertEquals(Map.of(), session.state(Program.MODEL));
    double after = loss(session, session.prepare(training(LARGE)));
    try (OneDnnSession fresh = session(new Holdings(Memory::new))) {
      assertEquals(loss(fresh, fresh.prepare(training(LARGE))), after);
    }
  }

  @Test
  void aLaterPlanLeavesTheOthersAsTheyWere() {
    Executable small = session.prepare(inference(1));
    NETWORK
        .initialise(3)
        .state()
        .forEach((path, value) -> session.write(Program.MODEL, path, value));
    float[] before = logits(small);
    assertRefused(training(LARGE));
    assertArrayEquals(before, logits(small));
    assertThrows(InvalidInputException.class, () -> session.readGradient(Program.MODEL, "fc.bias"));
    double after = loss(session, session.prepare(training(LARGE)));
    try (OneDnnSession fresh = session(new Holdings(Memory::new))) {
      fresh.prepare(inference(1));
      assertEquals(loss(fresh, fresh.prepare(training(LARGE))), after);
    }
  }

  @Test
  void anAverageThatIsRefusedIsNotThere() {
    session.prepare(inference(1));
    Set<String> paths = session.state(Program.MODEL).keySet();
    int held = holdings.resources.count();
    System.setProperty(AvailableMemory.LIMIT, "1k");
    assertThrows(
        NotEnoughMemoryException.class, () -> session.blend("ema", 0, Program.MODEL, 1, paths));
    assertEquals(held, holdings.resources.count());
    assertEquals(Map.of(), session.state("ema"));
  }
}
