package io.resnet4j.app;

import io.resnet4j.backend.Backend;
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

/**
 * What this machine can do, to compare a network with: a chain of 3x3 convolutions, 256 to 256
 * channels at 28x28, batch 32, of which the fastest of about two seconds counts. These run within a
 * few per cent of a matrix multiplication's speed; several in a row make little of the copies at
 * either end.
 */
final class PeakSpeed {
  private static final int CHANNELS = 256;
  private static final int SIDE = 28;
  private static final int BATCH = 32;
  private static final int LAYERS = 6;
  private static final double SECONDS = 2;
  private static final int LEAST_RUNS = 4;

  private PeakSpeed() {}

  /** Floating-point operations a second, a multiply-add being two. */
  static double measure(Backend backend, Precision precision) {
    boolean int8 = precision == Precision.INT8;
    Graph graph = int8 ? DrawnCodes.quantised(graph(), DType.U8, 1) : graph();
    float scale = int8 ? DrawnCodes.WEIGHTS : (float) (1 / Math.sqrt(9.0 * CHANNELS));
    try (Session session = backend.open()) {
      Executable plan = session.prepare(Planner.plan(Program.inference(graph, precision)));
      session
          .state(Program.MODEL)
          .forEach(
              (path, shape) -> session.write(Program.MODEL, path, weights(path, shape, scale)));
      plan.feed("x", Benchmark.normal((long) BATCH * CHANNELS * SIDE * SIDE, "bench/peak/x"));
      double flops = 2.0 * LAYERS * BATCH * SIDE * SIDE * 9 * CHANNELS * CHANNELS;
      double best = 0;
      long end = System.nanoTime() + (long) (SECONDS * 1e9);
      for (int i = 0; i < LEAST_RUNS || System.nanoTime() < end; i++) {
        long begin = System.nanoTime();
        plan.run(0, 0);
        best = Math.max(best, flops / ((System.nanoTime() - begin) * 1e-9));
      }
      return best;
    }
  }

  private static Graph graph() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x", Shape.of(BATCH, CHANNELS, SIDE, SIDE));
    for (int i = 1; i <= LAYERS; i++) {
      x = g.conv("conv" + i, x, CHANNELS, Window.square(3, 1, 1), 1);
    }
    g.output("y", g.globalAveragePool("pool", x));
    return g.build();
  }

  /** Of a size that neither grows nor fades along the chain. */
  private static Tensor weights(String path, Shape shape, float scale) {
    KeyedRandom random = KeyedRandom.of(0, "bench/peak/" + path);
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (scale * random.normalAt(i % 4096));
    }
    return Tensor.ofFloats(shape, values);
  }
}
