package io.resnet4j.model;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Networks and numbers for tests of files: a graph with every operation, and random states. */
public final class ManyOps {
  private ManyOps() {}

  /** Every operation of inference at least once, on pictures of 3x13x11. */
  public static Graph graph(int batch) {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("images", Shape.of(batch, 3, 13, 11));
    x = g.reflectPad("mirror", x, 2);
    x = g.conv("stem", x, 8, Window.square(3, 1, 1), 1);
    x = g.activate("stem.act", g.batchNorm("stem.norm", x), Activation.GELU);
    Value y = g.convBias("grouped", x, 8, Window.dilated(3, 1, 2, 2), 4);
    y = g.activate("grouped.act", g.groupNorm("grouped.norm", y, 2), Activation.LEAKY_RELU);
    y = g.dropBlock("block", y, 0.1, 3);
    Value gate = g.flatten("gate.flat", g.globalAveragePool("gate.pool", y));
    gate = g.activate("gate.act", g.linear("gate.fc", gate, 8), Activation.SIGMOID);
    Op reshape = new Op.Reshape(Shape.of(batch, 8, 1, 1));
    gate = g.emit("gate.shape", reshape, List.of(gate)).output();
    y = g.multiply("gated", y, gate);
    y = g.dropPath("path", y, 0.2, Op.Unit.SAMPLE);
    x = g.activate("sum", g.add("add", y, x), Activation.SILU);
    x = g.couple("couple", g.relu("branch", x), x, x);
    Value few = g.padShortcut("few", x, 2, 1, 3);
    Value same = g.padShortcut("same", x, 1, 0, 0);
    Value max = g.maxPool("max", same, Window.dilated(3, 2, 1, 1));
    Value mean = g.averagePool("mean", x, Window.square(3, 2, 1), false);
    Value counted = g.averagePool("counted", x, Window.square(3, 2, 1), true);
    x = g.concat("concat", List.of(few, max, mean, counted));
    x = g.slice("slice", x, 3, 27);
    x = g.batchNorm("late", x); // after no convolution, so it cannot be folded
    x = g.affine("scaled", g.affine("affine", x, 0.7, -0.2), 1.25, 0);
    x = g.multiply("multiply", x, g.parameter("multiply.scale", 1, 24, 1, 1));
    x = g.shift("shift", x, g.parameter("shift.value", 1));
    x = g.activate("tanh", x, Activation.TANH);
    x = g.conv("asymmetric", x, 6, new Window(1, 3, 1, 2, 0, 1, 1, 1), 2);
    x = g.relu("asymmetric.act", g.batchNorm("asymmetric.norm", x));
    x = g.dropout("dropout", g.flatten("flatten", x), 0.5);
    g.output("logits", g.linear("fc", x, 5));
    return g.build();
  }

  /** A state for {@code graph}, variances positive. */
  public static Map<String, Tensor> state(Graph graph, long seed) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    graph
        .parameters()
        .forEach(value -> state.put(value.name(), random(value.shape(), value.name(), seed)));
    graph
        .buffers()
        .forEach(value -> state.put(value.name(), random(value.shape(), value.name(), seed)));
    return state;
  }

  private static Tensor random(Shape shape, String path, long seed) {
    KeyedRandom random = KeyedRandom.of(seed, path);
    float[] values = new float[(int) shape.elements()];
    double scale = shape.rank() < 2 ? 0.3 : Math.sqrt(3.0 * shape.dim(0) / values.length);
    double shift = path.endsWith("var") || shape.rank() < 2 && path.endsWith("weight") ? 1 : 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (shift + scale * (2 * random.uniformAt(i) - 1));
    }
    return Tensor.ofFloats(shape, values);
  }

  /** A model of {@code spec} with a random state, running statistics included. */
  public static Model model(ModelSpec spec, long seed) {
    return Model.of(spec, state(spec.graph(2), seed), Map.of());
  }

  /** Pictures for {@code spec}: noise on a level of each picture's and channel's own. */
  public static FloatBuffer pictures(ModelSpec spec, int count, long seed) {
    Shape shape = Shape.of(count, spec.channels(), spec.height(), spec.width());
    float[] pictures = random(shape, "pictures", seed).toFloats();
    KeyedRandom levels = KeyedRandom.of(seed, "levels");
    int plane = spec.height() * spec.width();
    for (int i = 0; i < pictures.length; i++) {
      pictures[i] += (float) (4 * levels.uniformAt(i / plane) - 2);
    }
    return FloatBuffer.wrap(pictures);
  }
}
