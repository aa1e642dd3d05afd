package io.resnet4j.backend.onednn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Executable;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of the plans of a session when the system refuses a larger arena. */
class ArenaTest {
  private final List<Long> asked = new ArrayList<>();
  private int refusals;

  private final Holdings holdings = new Holdings(this::allocate);
  private final OneDnnSession session =
      new OneDnnSession(Set.of(Precision.F32), Choices.DEFAULTS, holdings);

  private Memory allocate(long bytes) {
    asked.add(bytes);
    if (refusals > 0) {
      refusals--;
      throw new OutOfMemoryError("refused by the test");
    }
    return new Memory(bytes);
  }

  @AfterEach
  void close() {
    session.close();
  }

  /** A plan that doubles so many numbers. */
  private Executable doubling(int count) {
    GraphBuilder builder = new GraphBuilder();
    Value x = builder.input("x", Shape.of(1, count));
    builder.output("y", builder.add("double", x, x));
    return session.prepare(Planner.plan(Program.inference(builder.build(), Precision.F32)));
  }

  private static void assertDoubles(Executable plan) {
    int count = (int) plan.plan().graph().output("y").shape().elements();
    float[] given = new float[count];
    float[] expected = new float[count];
    for (int i = 0; i < count; i++) {
      given[i] = i;
      expected[i] = 2 * i;
    }
    plan.feed("x", FloatBuffer.wrap(given));
    plan.run(0, 0);
    assertArrayEquals(expected, plan.fetch("y").toFloats());
  }

  @Test
  void aResultThatALargerArenaReplacedIsRefused() {
    Executable first = doubling(100);
    assertDoubles(first);
    doubling(10);
    assertEquals(2, first.fetch("y").get(1));
    doubling(1000);
    String message = assertThrows(IllegalStateException.class, () -> first.fetch("y")).getMessage();
    assertTrue(message.contains("is gone") && message.contains("larger"), message);
    assertDoubles(first);
  }

  @Test
  void afterARefusalThePlansHaveAnArenaAsBefore() {
    Executable first = doubling(100);
    long held = holdings.arena.bytes();
    assertTrue(held >= first.arenaBytes());
    refusals = 1;
    assertThrows(OutOfMemoryError.class, () -> doubling(1000));
    assertEquals(held, holdings.arena.bytes());
    assertDoubles(first);
    Executable smaller = doubling(10);
    Executable larger = doubling(200);
    assertTrue(holdings.arena.bytes() >= larger.arenaBytes());
    assertEquals(4, asked.size(), asked::toString);
    assertDoubles(first);
    assertDoubles(smaller);
    assertDoubles(larger);
  }

  @Test
  void plansWithoutAnArenaRefuseUntilThereIsOneForAll() {
    Executable first = doubling(100);
    assertDoubles(first);
    refusals = 2;
    OutOfMemoryError refused = assertThrows(OutOfMemoryError.class, () -> doubling(1000));
    assertEquals(1, refused.getSuppressed().length);
    FloatBuffer numbers = FloatBuffer.allocate(100);
    for (org.junit.jupiter.api.function.Executable use :
        List.<org.junit.jupiter.api.function.Executable>of(
            () -> first.feed("x", numbers),
            () -> first.run(0, 0),
            () -> first.time(0, 0),
            () -> first.fetch("y"))) {
      String message = assertThrows(IllegalStateException.class, use).getMessage();
      assertTrue(message.contains("has lost its working memory"), message);
    }
    Executable smaller = doubling(10);
    assertEquals(first.arenaBytes(), holdings.arena.bytes());
    assertDoubles(first);
    assertDoubles(smaller);
  }
}
