package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.graph.Work;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Program;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What every session must do with state, inputs, several plans and its end. */
abstract class SessionContract extends UpdateContract {
  private static final String MODEL = Program.MODEL;

  private io.resnet4j.backend.Executable prepared(Session session, Program program) {
    return session.prepare(Planner.plan(program));
  }

  private Program inference(Graph graph) {
    return Program.inference(graph, precision());
  }

  private static Graph graph(int batch) {
    GraphBuilder builder = new GraphBuilder();
    builder.output(Case.Y, NetworkCases.write(builder, Activation.SILU, batch, value -> value));
    return builder.build();
  }

  @Test
  void stateStartsAsZeros() {
    try (Session session = backend().open()) {
      Graph graph = graph(2);
      prepared(session, inference(graph));
      for (Value parameter : graph.parameters()) {
        float[] zeros = new float[(int) parameter.shape().elements()];
        assertArrayEquals(zeros, session.read(MODEL, parameter.name()).toFloats());
      }
    }
  }

  @Test
  void aTimedRunGivesTheSameBitsAndATimeForEachStep() {
    Case test = NetworkCases.residual(Activation.RELU, 3);
    Program program = test.program(precision());
    try (Session plain = backend().open();
        Session timed = backend().open()) {
      var expected = prepared(plain, program);
      var given = prepared(timed, program);
      CaseRunner.fill(plain, expected, test.values());
      CaseRunner.fill(timed, given, test.values());
      expected.run(1, 2);
      double[] seconds = given.time(1, 2);
      assertEquals(given.steps().size(), seconds.length);
      assertArrayEquals(expected.fetch(Case.Y).toFloats(), given.fetch(Case.Y).toFloats());
      long work = given.plan().graph().nodes().stream().mapToLong(Work::multiplyAdds).sum();
      assertTrue(work > 0);
      assertEquals(work, given.steps().stream().mapToLong(PlanStep::multiplyAdds).sum());
      given
          .steps()
          .forEach(step -> assertTrue(step.bytes() >= 0 && !step.path().isEmpty(), step::toString));
    }
  }

  @Test
  void stateListsEveryTensorWithItsShape() {
    Graph graph = graph(2);
    try (Session session = backend().open()) {
      prepared(session, Program.training(graph, Case.Y, precision()));
      Map<String, Shape> state = session.state(MODEL);
      List<Value> expected = new ArrayList<>(graph.parameters());
      expected.addAll(graph.buffers());
      assertEquals(expected.size(), state.size());
      expected.forEach(value -> assertEquals(value.shape(), state.get(value.name())));
    }
  }

  @Test
  void stateComesBackBitForBit() {
    Case test = NetworkCases.residual(Activation.RELU, 3);
    try (Session session = backend().open()) {
      var executable = prepared(session, test.program(precision()));
      CaseRunner.fill(session, executable, test.values());
      assertState(session, test, executable.plan().graph().parameters());
      assertState(session, test, executable.plan().graph().buffers());
      executable.run(1, 0);
      assertState(session, test, executable.plan().graph().parameters());
    }
  }

  private static void assertState(Session session, Case test, List<Value> tensors) {
    for (Value tensor : tensors) {
      Tensor read = session.read(MODEL, tensor.name());
      assertEquals(tensor.shape(), read.shape());
      assertArrayEquals(test.values().get(tensor.name()), read.toDoubles(), tensor.name());
    }
  }

  @Test
  void aReadTensorIsACopy() {
    Case test = NetworkCases.residual(Activation.RELU, 2);
    try (Session session = backend().open()) {
      CaseRunner.fill(session, prepared(session, test.program(precision())), test.values());
      Tensor before = session.read(MODEL, "fc.bias");
      session.write(MODEL, "fc.bias", Tensor.ofFloats(before.shape(), 1, 2, 3, 4, 5));
      assertArrayEquals(test.values().get("fc.bias"), before.toDoubles());
    }
  }

  @Test
  void complainsOfUnknownStateAndOtherShapes() {
    try (Session session = backend().open()) {
      prepared(session, inference(graph(1)));
      Tensor five = Tensor.zeros(Shape.of(5), DType.F32);
      assertComplains(() -> session.write(MODEL, "fc.bios", five), "fc.bios");
      assertComplains(() -> session.write("modle", "fc.bias", five), "modle");
      Tensor six = Tensor.zeros(Shape.of(6), DType.F32);
      assertComplains(() -> session.write(MODEL, "fc.bias", six), "fc.bias", "[5]", "[6]");
      assertComplains(() -> session.read(MODEL, "fc.bios"), "fc.bios");
    }
  }

  private static void assertComplains(Executable action, String... mentions) {
    String message = assertThrows(InvalidInputException.class, action).getMessage();
    for (String mention : mentions) {
      assertTrue(message.contains(mention), () -> "'" + message + "' should name " + mention);
    }
    assertFalse(message.contains("\n"), message);
  }

  @Test
  void complainsOfUnknownInputsAndShortBuffers() {
    try (Session session = backend().open()) {
      var executable = prepared(session, Program.training(graph(1), Case.Y, precision()));
      assertComplains(
          () -> executable.feed("picture", FloatBuffer.allocate(297)), "picture", "x", "targets");
      assertComplains(() -> executable.feed("x", FloatBuffer.allocate(296)), "x", "297", "296");
      assertComplains(
          () -> executable.feed("x", FloatBuffer.allocate(300).position(4)), "x", "297", "296");
      Tensor small = Tensor.zeros(Shape.of(1, 3, 9, 10), DType.F32);
      assertComplains(() -> executable.feed("x", small), "x");
      assertThrows(InvalidInputException.class, () -> executable.fetch("probabilities"));
    }
  }

  private static Graph identity(Shape shape) {
    GraphBuilder builder = new GraphBuilder();
    Value x = builder.input("x", shape);
    builder.output(Case.Y, builder.add("double", x, x));
    return builder.build();
  }

  @Test
  void feedsFromTheBuffersPositionAndLeavesIt() {
    try (Session session = backend().open()) {
      var executable = prepared(session, inference(identity(Shape.of(1, 3))));
      FloatBuffer direct = ByteBuffer.allocateDirect(40).asFloatBuffer();
      for (FloatBuffer buffer : List.of(FloatBuffer.allocate(10), direct)) {
        for (int i = 0; i < 10; i++) {
          buffer.put(i, i);
        }
        buffer.position(4);
        executable.feed("x", buffer);
        assertEquals(4, buffer.position());
        executable.run(0, 0);
        assertArrayEquals(new float[] {8, 10, 12}, executable.fetch(Case.Y).toFloats());
      }
    }
  }

  @Test
  void feedsEveryElementType() {
    try (Session session = backend().open()) {
      Shape shape = Shape.of(1, 3);
      var executable = prepared(session, inference(identity(shape)));
      byte[] bytes = {1, 2, (byte) 200};
      short[] upperHalves = {0x3f80, 0x4000, (short) 0xc000};
      ByteBuffer halves = ByteBuffer.allocate(6).order(java.nio.ByteOrder.LITTLE_ENDIAN);
      halves.asShortBuffer().put(upperHalves);
      assertDoubled(executable, Tensor.of(shape, DType.U8, ByteBuffer.wrap(bytes)), 2, 4, 400);
      assertDoubled(executable, Tensor.of(shape, DType.S8, ByteBuffer.wrap(bytes)), 2, 4, -112);
      assertDoubled(executable, Tensor.of(shape, DType.BF16, halves), 2, 4, -4);
      assertDoubled(executable, Tensor.ofFloats(shape, 1, 2, 3), 2, 4, 6);
      assertDoubled(executable, Tensor.ofDoubles(shape, 1, 2, 4), 2, 4, 8);
    }
  }

  private static void assertDoubled(
      io.resnet4j.backend.Executable executable, Tensor given, float... expected) {
    executable.feed("x", given);
    executable.run(0, 0);
    assertArrayEquals(expected, executable.fetch(Case.Y).toFloats());
  }

  @Test
  void keepsObservedValues() {
    GraphBuilder builder = new GraphBuilder();
    Value x = builder.input("x", Shape.of(2, 3, 5, 7));
    Value conv = builder.conv("conv", x, 5, Window.square(3, 1, 1), 1);
    Value norm = builder.batchNorm("bn", conv);
    Value y = builder.relu("relu", norm);
    builder.output(Case.Y, builder.globalAveragePool("gap", y));
    Case test =
        new Case("", builder.build(), Mode.INFERENCE, false, values(), java.util.Optional.empty());
    Program program = inference(test.graph()).observing(Set.of(conv, norm));
    try (Session session = backend().open()) {
      var executable = prepared(session, program);
      CaseRunner.fill(session, executable, test.values());
      executable.run(0, 0);
      double[] seen = executable.fetch(norm).toDoubles();
      double[] before = executable.fetch(conv).toDoubles();
      for (int i = 0; i < seen.length; i++) {
        int c = i / 35 % 5;
        double expected = (before[i] - c) / Math.sqrt(4 + 1e-5) * 2 + 1;
        assertEquals(expected, seen[i], 1e-5);
      }
    }
  }

  /** A later plan may take the place of what an earlier one has made, but never in silence. */
  @Test
  void aPlanPreparedSinceTheRunChangesNoResult() {
    try (Session session = backend().open()) {
      var small = prepared(session, inference(identity(Shape.of(1, 3))));
      small.feed("x", FloatBuffer.wrap(new float[] {1, 2, 3}));
      small.run(0, 0);
      prepared(session, inference(identity(Shape.of(64, 3))));
      float[] fetched;
      try {
        fetched = small.fetch(Case.Y).toFloats();
      } catch (IllegalStateException e) {
        assertTrue(e.getMessage().startsWith("fetch: double is gone"), e.getMessage());
        small.run(0, 0);
        fetched = small.fetch(Case.Y).toFloats();
      }
      assertArrayEquals(new float[] {2, 4, 6}, fetched);
    }
  }

  private static Map<String, double[]> values() {
    KeyedRandom random = KeyedRandom.of(1, "values");
    double[] x = new double[210];
    double[] weight = new double[135];
    java.util.Arrays.setAll(x, i -> (float) random.normalAt(i));
    java.util.Arrays.setAll(weight, i -> (float) random.normalAt(1000 + i));
    return Map.of(
        "x", x,
        "conv.weight", weight,
        "bn.weight", new double[] {2, 2, 2, 2, 2},
        "bn.bias", new double[] {1, 1, 1, 1, 1},
        "bn.running_mean", new double[] {0, 1, 2, 3, 4},
        "bn.running_var", new double[] {4, 4, 4, 4, 4});
  }

  @Test
  void namespacesAreApart() {
    Graph graph = graph(1);
    try (Session session = backend().open()) {
      prepared(session, inference(graph));
      prepared(session, inference(graph).over("ema"));
      Shape shape = Shape.of(5);
      session.write("ema", "fc.bias", Tensor.ofFloats(shape, 1, 2, 3, 4, 5));
      assertArrayEquals(new float[5], session.read(MODEL, "fc.bias").toFloats());
      assertArrayEquals(new float[] {1, 2, 3, 4, 5}, session.read("ema", "fc.bias").toFloats());
      assertEquals(session.state(MODEL), session.state("ema"));
    }
  }

  /** A training, an inference and another training plan over one state, run in turns. */
  @Test
  void plansOfOtherSizesShareTheState() {
    Case large = NetworkCases.residual(Activation.SILU, 3);
    Case small = NetworkCases.residual(Activation.SILU, 1);
    try (Session session = backend().open()) {
      var training = prepared(session, large.program(precision()));
      var inferring = prepared(session, inference(small.graph()));
      var remainder = prepared(session, small.program(precision()));
      CaseRunner.fill(session, remainder, small.values());
      CaseRunner.fill(session, inferring, small.values());
      CaseRunner.fill(session, training, large.values());
      for (int step = 0; step < 2; step++) {
        training.run(5, step);
        update(session, large.graph());
        Map<String, double[]> state = copy(session);
        inferring.run(0, 0);
        assertSame(inferring, state, small, inference(small.graph()), step);
        remainder.run(5, step);
        assertSame(remainder, state, small, small.program(precision()), step);
        update(session, large.graph());
      }
    }
  }

  private void assertSame(
      io.resnet4j.backend.Executable ran,
      Map<String, double[]> state,
      Case test,
      Program program,
      int step) {
    Map<String, double[]> values = new java.util.HashMap<>(test.values());
    values.putAll(state);
    try (Session session = backend().open()) {
      var alone = prepared(session, program);
      CaseRunner.fill(session, alone, values);
      alone.run(5, step);
      for (String output : List.of("logits", Case.Y)) {
        assertArrayEquals(
            alone.fetch(output).toDoubles(), ran.fetch(output).toDoubles(), 1e-6, output);
      }
    }
  }

  private static Map<String, double[]> copy(Session session) {
    Map<String, double[]> state = new java.util.HashMap<>();
    session.state(MODEL).keySet().forEach(p -> state.put(p, session.read(MODEL, p).toDoubles()));
    return state;
  }

  @Test
  void runningStatisticsMoveOncePerTrainingRun() {
    Case test = Case.training("moving", g -> g.batchNorm("bn", OperationCases.x(g, 2, 3, 5, 7)));
    try (Session session = backend().open()) {
      var training = prepared(session, test.program(precision()));
      var inferring = prepared(session, inference(test.graph()));
      var frozen = prepared(session, test.program(precision()).in(Mode.INFERENCE));
      CaseRunner.fill(session, inferring, test.values());
      CaseRunner.fill(session, frozen, test.values());
      CaseRunner.fill(session, training, test.values());
      for (String path : List.of("bn.running_mean", "bn.running_var")) {
        session.write(MODEL, path, CaseRunner.tensor(Shape.of(3), test.values().get(path)));
      }
      training.run(0, 0);
      Map<String, double[]> once = copy(session);
      inferring.run(0, 0);
      frozen.run(0, 0);
      training.run(0, 1);
      for (String path : List.of("bn.running_mean", "bn.running_var")) {
        double[] start = test.values().get(path);
        double[] twice = session.read(MODEL, path).toDoubles();
        for (int c = 0; c < 3; c++) {
          double moved = once.get(path)[c] - 0.9 * start[c];
          assertEquals(0.9 * once.get(path)[c] + moved, twice[c], 1e-6, path);
        }
      }
    }
  }

  @Test
  void closesTwiceAndIsOfNoUseAfterwards() {
    Case test = NetworkCases.residual(Activation.SILU, 2);
    Session session = backend().open();
    var executable = prepared(session, test.program(precision()));
    CaseRunner.fill(session, executable, test.values());
    executable.run(0, 0);
    session.close();
    session.close();
    Tensor five = Tensor.zeros(Shape.of(5), DType.F32);
    FloatBuffer buffer = FloatBuffer.allocate(1000);
    List<Executable> uses =
        List.of(
            () -> executable.run(0, 1),
            () -> executable.feed("x", buffer),
            () -> executable.feed("targets", Tensor.zeros(Shape.of(2, 5), DType.F32)),
            () -> executable.fetch(Case.Y),
            () -> executable.fetch(test.y()),
            () -> executable.scalar(Case.Y),
            () -> prepared(session, test.program(precision())),
            () -> session.write(MODEL, "fc.bias", five),
            () -> session.read(MODEL, "fc.bias"),
            () -> session.readGradient(MODEL, "fc.bias"),
            () -> session.state(MODEL),
            () -> update(session, test.graph()),
            session::bytes);
    for (int i = 0; i < uses.size(); i++) {
      assertThrows(IllegalStateException.class, uses.get(i), "use " + i);
    }
  }

  @Test
  void sessionsAreApart() {
    try (Session first = backend().open()) {
      var a = prepared(first, inference(identity(Shape.of(1, 2))));
      a.feed("x", FloatBuffer.wrap(new float[] {1, 2}));
      a.run(0, 0);
      try (Session second = backend().open()) {
        var b = prepared(second, inference(identity(Shape.of(1, 2))));
        b.feed("x", FloatBuffer.wrap(new float[] {3, 4}));
        b.run(0, 0);
        assertArrayEquals(new float[] {2, 4}, a.fetch(Case.Y).toFloats());
      }
      a.run(0, 1);
      assertArrayEquals(new float[] {2, 4}, a.fetch(Case.Y).toFloats());
    }
  }
}
