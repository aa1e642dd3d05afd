package io.resnet4j.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Scaling;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.Quantisation;
import io.resnet4j.plan.Quantiser;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Operations on codes, bit for bit: every scale is a power of two, so that no step of either
 * backend rounds before the last.
 */
class QuantisedOperationsTest {
  /** A network of one input written by a function. */
  private interface Body {
    Value write(GraphBuilder g, Value x);
  }

  private static Arguments body(String name, int channels, int height, int width, Body body) {
    return Arguments.of(name, Shape.of(2, channels, height, width), body);
  }

  private static Value conv(GraphBuilder g, String path, Value x, int channels, int kernel) {
    return g.conv(path, x, channels, Window.square(kernel, 1, kernel / 2), 1);
  }

  private static Value residual(GraphBuilder g, Value x, UnaryOperator<Value> shortcut) {
    Value first = g.relu("r1", conv(g, "c1", x, x.shape().dim(1), 3));
    Value second = conv(g, "c2", first, x.shape().dim(1), 3);
    return g.relu("out", g.add("add", second, shortcut.apply(x)));
  }

  static Stream<Arguments> bodies() {
    return Stream.of(
        body("1x1", 7, 5, 3, (g, x) -> g.relu("r", conv(g, "c", x, 9, 1))),
        body("first layer", 3, 17, 13, (g, x) -> g.conv("c", x, 17, Window.square(7, 2, 3), 1)),
        body(
            "grouped and dilated",
            8,
            9,
            11,
            (g, x) -> g.relu("r", g.conv("c", x, 12, Window.dilated(3, 1, 2, 2), 4))),
        body(
            "depthwise",
            16,
            6,
            7,
            (g, x) -> g.relu("r", g.conv("c", x, 16, Window.square(3, 1, 1), 16))),
        body("wide", 64, 8, 8, (g, x) -> g.relu("r", conv(g, "c", x, 80, 3))),
        body(
            "shortcut in place",
            16,
            7,
            7,
            (g, x) ->
                conv(g, "last", residual(g, g.relu("r0", conv(g, "c0", x, 16, 3)), v -> v), 5, 1)),
        body(
            "signed shortcut",
            16,
            7,
            5,
            (g, x) ->
                conv(
                    g,
                    "last",
                    residual(
                        g,
                        g.relu("r0", conv(g, "c0", x, 16, 3)),
                        v -> conv(g, "shortcut", v, 16, 1)),
                    5,
                    1)),
        body(
            "shortcut that is read later, result in numbers",
            16,
            5,
            5,
            (g, x) -> {
              Value r = g.relu("r0", conv(g, "c0", x, 16, 3));
              Value y = residual(g, r, v -> v);
              return g.add("again", y, r);
            }),
        body(
            "pooled and padded",
            8,
            9,
            9,
            (g, x) -> {
              Value r = g.relu("r0", conv(g, "c0", x, 8, 3));
              Value pooled = g.maxPool("pool", r, Window.square(3, 2, 1));
              Value wide = g.padShortcut("pad", pooled, 2, 4, 4);
              return conv(g, "last", wide, 3, 1);
            }),
        body(
            "affine",
            6,
            3,
            3,
            (g, x) -> {
              Value r = g.relu("r0", conv(g, "c0", x, 10, 3));
              return g.linear("fc", g.flatten("flat", g.globalAveragePool("mean", r)), 7);
            }));
  }

  private static Graph graph(Shape shape, Body body) {
    GraphBuilder g = new GraphBuilder();
    g.output("y", body.write(g, g.input("x", shape)));
    return g.build();
  }

  /** Every layer, with scales of powers of two that use most of the codes. */
  private static Graph quantised(Graph graph) {
    Graph fused = Quantiser.fused(graph);
    Set<String> layers = new LinkedHashSet<>();
    Quantiser.layers(fused).forEach(layer -> layers.add(layer.path()));
    Map<String, Scaling> scalings = new HashMap<>();
    for (Value value : Quantiser.candidates(fused)) {
      DType type = Quantiser.neverNegative(fused, value) ? DType.U8 : DType.S8;
      scalings.put(value.name(), new Scaling(type, value.name().equals("x") ? 1 / 32f : 1 / 16f));
    }
    return Quantiser.quantise(graph, new Quantisation(layers, scalings));
  }

  private static Tensor state(String path, Shape shape) {
    KeyedRandom random = KeyedRandom.of(5, path);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      if (path.endsWith("_scale")) {
        values[i] = 1 / (float) (512 << random.nextInt(3));
      } else if (path.endsWith(".bias")) {
        values[i] = (random.nextInt(65) - 32) / 64f;
      } else {
        values[i] = random.nextInt(255) - 127;
      }
    }
    return Tensor.ofFloats(shape, values);
  }

  private static float[] run(String backend, Graph graph) {
    try (Session session = Backends.named(backend).open()) {
      Executable plan = session.prepare(Planner.plan(Program.inference(graph, Precision.INT8)));
      session
          .state(Program.MODEL)
          .forEach((path, shape) -> session.write(Program.MODEL, path, state(path, shape)));
      Shape x = graph.inputs().get(0).shape();
      float[] values = new float[(int) x.elements()];
      KeyedRandom random = KeyedRandom.of(5, "input");
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (2 * random.normalAt(i));
      }
      plan.feed("x", Tensor.ofFloats(x, values));
      plan.run(0, 0);
      float[] first = plan.fetch("y").toFloats();
      plan.run(0, 0);
      assertArrayEquals(first, plan.fetch("y").toFloats(), "a second run");
      return first;
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bodies")
  void oneDnnGivesTheReferencesBits(String name, Shape shape, Body body) {
    Graph graph = quantised(graph(shape, body));
    float[] expected = run("reference", graph);
    double spread = 0;
    for (float value : expected) {
      spread = Math.max(spread, Math.abs(value - expected[0]));
    }
    assertTrue(spread > 0.5, name + ": results that tell nothing");
    // The mean over pixels, in numbers, is the one thing that rounds.
    assertArrayEquals(expected, run("onednn", graph), name.equals("affine") ? 0.05f : 0, name);
  }

  @Test
  void codesFlowWithoutNumbersBetweenConvolutions() {
    Graph graph =
        quantised(
            graph(
                Shape.of(1, 8, 8, 8),
                (g, x) -> {
                  Value r = g.relu("r0", conv(g, "c0", x, 8, 3));
                  Value y = residual(g, g.maxPool("pool", r, Window.square(2, 2, 0)), v -> v);
                  return conv(g, "last", y, 3, 1);
                }));
    assertEquals(
        1, graph.nodes().stream().filter(n -> n.op() instanceof Op.Quantise).count(), "" + graph);
    assertEquals(0, graph.nodes().stream().filter(n -> n.op() instanceof Op.Dequantise).count());
    assertEquals(
        4, graph.nodes().stream().filter(n -> n.op() instanceof Op.QuantisedConv2d).count());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Graph graph = graph(Shape.of(1, 8, 8, 8), (g, x) -> conv(g, "c", x, 8, 3));
    assertMessage("not quantised", () -> Planner.plan(Program.inference(graph, Precision.INT8)));
    assertMessage(
        "runs in int8", () -> Planner.plan(Program.inference(quantised(graph), Precision.F32)));
    Quantisation none = new Quantisation(Set.of("nothing"), Map.of());
    assertMessage("no such layer", () -> Quantiser.quantise(graph, none));
    Quantisation unscaled = new Quantisation(Set.of("c"), Map.of());
    assertMessage("x: has no scaling", () -> Quantiser.quantise(graph, unscaled));
    assertMessage("scale NaN", () -> new Scaling(DType.U8, Float.NaN));
    assertMessage("codes of F32", () -> new Scaling(DType.F32, 1));
  }

  private static void assertMessage(String part, Runnable action) {
    String message = assertThrows(InvalidInputException.class, action::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  /** Processors without VNNI, and without AVX-512: a child process, since oneDNN looks once. */
  @ParameterizedTest
  @ValueSource(strings = {"SSE41", "AVX2", "AVX512_CORE"})
  void olderProcessorsDoNotOverflow(String instructions) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                QuantisedOperationsTest.class.getName())
            .redirectErrorStream(true);
    builder.environment().put("ONEDNN_MAX_CPU_ISA", instructions);
    Process process = builder.start();
    String printed;
    try (var output = process.getInputStream()) {
      printed = new String(output.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    assertEquals(0, process.exitValue(), printed);
  }

  /** What the child does: all cases, then the sums that overflow 16 bits. */
  public static void main(String[] arguments) {
    bodies()
        .forEach(
            each -> {
              Graph graph = quantised(graph((Shape) each.get()[1], (Body) each.get()[2]));
              near((String) each.get()[0], run("reference", graph), run("onednn", graph));
            });
    Graph graph = quantised(graph(Shape.of(1, 64, 6, 6), QuantisedOperationsTest::extreme));
    float[] expected = extremes("reference", graph);
    near("extremes", expected, extremes("onednn", graph));
  }

  private static Value extreme(GraphBuilder g, Value x) {
    return conv(g, "c1", g.relu("r", conv(g, "c0", x, 64, 1)), 32, 3);
  }

  /** All codes and weights as large as they can be. */
  private static float[] extremes(String backend, Graph graph) {
    try (Session session = Backends.named(backend).open()) {
      Executable plan = session.prepare(Planner.plan(Program.inference(graph, Precision.INT8)));
      session
          .state(Program.MODEL)
          .forEach(
              (path, shape) -> {
                float[] values = new float[(int) shape.elements()];
                java.util.Arrays.fill(values, path.endsWith("weight") ? 127 : 1);
                session.write(Program.MODEL, path, Tensor.ofFloats(shape, values));
              });
      float[] x = new float[64 * 36];
      java.util.Arrays.fill(x, 100);
      plan.feed("x", Tensor.ofFloats(Shape.of(1, 64, 6, 6), x));
      plan.run(0, 0);
      return plan.fetch("y").toFloats();
    }
  }

  /** Weights of seven bits are two per cent of a weight away at most. */
  private static void near(String name, float[] expected, float[] actual) {
    double distance = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      distance += Math.pow(expected[i] - actual[i], 2);
      length += Math.pow(expected[i], 2);
    }
    double relative = Math.sqrt(distance / length);
    if (!(relative < 0.05)) {
      System.out.println(name + ": " + relative + " away");
      System.exit(1);
    }
  }
}
