package io.resnet4j.app;

import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Whether the engine is there and computes what the reference computes. */
final class EngineChecks {
  private static final String REFERENCE = "reference";
  private static final double F32_TOLERANCE = 1e-4;
  private static final double BF16_TOLERANCE = 3e-2;

  private EngineChecks() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    try {
      Backend engine = Backends.named(Backends.DEFAULT);
      engine.describe().forEach((name, value) -> findings.add(Finding.ok(name, value)));
      findings.add(bf16(engine));
      Backend reference = Backends.named(REFERENCE);
      for (Precision precision : engine.precisions()) {
        boolean int8 = precision == Precision.INT8;
        float[] expected = compute(reference, int8 ? Precision.INT8 : Precision.F32);
        findings.add(check(engine, precision, expected));
      }
    } catch (RuntimeException | LinkageError e) {
      findings.add(
          Finding.broken(
              "engine",
              Failures.line(e),
              "put the jars of org.bytedeco:dnnl and javacpp for this platform on the class path;"
                  + " build with -Djavacpp.platform=... for another; the home folder must be"
                  + " writable, since the libraries are unpacked to ~/.javacpp"));
    }
    return findings;
  }

  private static Finding bf16(Backend engine) {
    if (!engine.precisions().contains(Precision.BF16)) {
      return Finding.note("bf16", "not supported by this processor", "f32 takes its place");
    }
    return engine.emulated().contains(Precision.BF16)
        ? Finding.note(
            "bf16", "slow: this processor has no instructions for it", "f32 takes its place")
        : Finding.ok("bf16", "supported");
  }

  private static Finding check(Backend engine, Precision precision, float[] expected) {
    String name = "check in " + precision;
    float[] given = compute(engine, precision);
    double distance = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      distance += Math.pow(given[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    double relative = Math.sqrt(distance / norm);
    String value = String.format(Locale.ROOT, "%.1e from the reference", relative);
    // Without VNNI weights of 8-bit layers have seven bits.
    double tolerance = precision == Precision.F32 ? F32_TOLERANCE : BF16_TOLERANCE;
    return relative <= tolerance
        ? Finding.ok(name, value)
        : Finding.broken(
            name,
            value,
            "the engine computes wrongly here: try ONEDNN_MAX_CPU_ISA=AVX2 and report it with the"
                + " lines above");
  }

  /** A convolution of drawn numbers. */
  private static float[] compute(Backend backend, Precision precision) {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x", Shape.of(2, 16, 9, 9));
    g.output("y", g.conv("conv", x, 32, Window.square(3, 1, 1), 1));
    boolean int8 = precision == Precision.INT8;
    Graph graph = int8 ? DrawnCodes.quantised(g.build(), DType.S8, 4) : g.build();
    float scale = int8 ? DrawnCodes.WEIGHTS : 1;
    try (Session session = backend.open()) {
      Executable plan = session.prepare(Planner.plan(Program.inference(graph, precision)));
      session
          .state(Program.MODEL)
          .forEach((path, shape) -> session.write(Program.MODEL, path, drawn(path, shape, scale)));
      plan.feed("x", drawn("x", x.shape(), 1));
      plan.run(0, 0);
      return plan.fetch("y").toFloats();
    }
  }

  private static Tensor drawn(String key, Shape shape, float scale) {
    KeyedRandom random = KeyedRandom.of(0, "doctor/" + key);
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = scale * (float) random.normalAt(i);
    }
    return Tensor.ofFloats(shape, values);
  }
}
