package io.resnet4j.examples;

import io.resnet4j.data.Synthetic;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.model.GraphSpec;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.nn.Layers;
import io.resnet4j.nn.Norm;
import io.resnet4j.nn.Style;
import io.resnet4j.tensor.Shape;
import io.resnet4j.train.Recipe;
import java.nio.file.Path;

/**
 * A block that nobody has yet: its branch is multiplied by a learned number per channel that starts
 * small, as LayerScale does (Touvron et al., arXiv:2103.17239).
 */
public final class CustomBlock {
  private static final Style STYLE = new Style(Norm.BATCH, Activation.RELU, true);

  private CustomBlock() {}

  /** A folder for the run. */
  public static void main(String[] arguments) {
    ModelSpec network = network(16, 10);
    System.out.println(network.counts());
    Train.train(
        network, Synthetic.open(), Recipe.named("synthetic-default"), Path.of(arguments[0]));
  }

  /** A block is a function that writes operations; their paths name the parameters. */
  static Value layerScale(GraphBuilder g, String path, Value x, int width) {
    Value y = Layers.convNormAct(g, path + ".conv1", path + ".bn1", x, width, 3, 1, STYLE);
    y =
        Layers.norm(
            g, path + ".bn2", Layers.conv(g, path + ".conv2", y, width, 3, 1, STYLE), STYLE);
    Value scale = g.parameter(path + ".scale", new Start.Constant(1e-4), 1, width, 1, 1);
    // Shapes are checked where they are written; gradients need nothing.
    return g.relu(path + ".out", g.add(path + ".add", g.multiply(path + ".scaled", y, scale), x));
  }

  /**
   * Any graph from pictures to logits is a network like the named ones: it trains, saves, loads.
   */
  static ModelSpec network(int width, int classes) {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input(ModelSpec.IMAGES, Shape.of(1, 3, 32, 32));
    x = Layers.convNormAct(g, "conv1", "bn1", x, width, 3, 1, STYLE);
    for (int stage = 1; stage <= 3; stage++) {
      int wide = width << (stage - 1);
      if (stage > 1) {
        String down = "layer" + stage + ".down";
        x = Layers.convNormAct(g, down + ".conv", down + ".bn", x, wide, 3, 2, STYLE);
      }
      x = layerScale(g, "layer" + stage + ".0", x, wide);
    }
    Value pooled = g.flatten("flatten", g.globalAveragePool("avgpool", x));
    g.output(ModelSpec.LOGITS, g.linear("fc", pooled, classes));
    return GraphSpec.of("layer-scale", g.build());
  }
}
