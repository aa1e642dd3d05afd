package io.resnet4j.backend;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.nn.Stem;
import io.resnet4j.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/** Small whole networks: a stem, blocks with every kind of shortcut, a head and a loss. */
final class NetworkCases {
  static final int CLASSES = 5;

  private NetworkCases() {}

  /** With identity, option A and projection shortcuts, in training. */
  static Case residual(Activation activation, int batch) {
    return Case.training(
        "residual net with " + activation + ", batch " + batch,
        g -> write(g, activation, batch, x -> g.dropout("drop", x, 0.25)));
  }

  /** The same with running statistics and no dropout, differentiated. */
  static Case frozen(Activation activation, int batch) {
    return Case.frozen(
        "frozen residual net with " + activation + ", batch " + batch,
        g -> write(g, activation, batch, x -> g.dropout("drop", x, 0.25)));
  }

  /** A network of the table whose head reads every position, on odd pictures, in training. */
  static Case flattened(int batch) {
    ResNetSpec spec =
        Models.resnet("resnet20-b")
            .with(
                d ->
                    d.stem(new Stem(Stem.Kind.CIFAR, 4))
                        .blocks(List.of(1, 1))
                        .widths(List.of(4, 6))
                        .headKind(HeadKind.FLATTEN)
                        .classes(CLASSES)
                        .input(3, 9, 11))
            .withActivation(Activation.SILU);
    return Case.training(
        "residual net with a head that flattens, batch " + batch,
        g -> spec.write(g, g.input("x", Shape.of(batch, 3, 9, 11)), true));
  }

  /** Without dropout; the graph has the outputs y, the loss, and logits. */
  static Value write(
      GraphBuilder g, Activation activation, int batch, UnaryOperator<Value> beforeHead) {
    Value x = g.input("x", Shape.of(batch, 3, 9, 11));
    x = unit(g, "stem", x, 4, 2, activation);
    x = g.maxPool("pool", x, Window.square(3, 1, 1));
    Value y = branch(g, "block1", x, 4, 1, activation);
    x = g.activate("block1.out", g.add("block1.add", y, x), activation);
    y = branch(g, "block2", x, 7, 2, activation);
    x =
        g.activate(
            "block2.out",
            g.add("block2.add", y, g.padShortcut("block2.pad", x, 2, 1, 2)),
            activation);
    y = branch(g, "block3", x, 6, 1, activation);
    Value projected =
        g.batchNorm(
            "block3.downsample.1", g.conv("block3.downsample.0", x, 6, Window.square(1, 1, 0), 1));
    x = g.activate("block3.out", g.add("block3.add", y, projected), activation);
    x = beforeHead.apply(g.flatten("flat", g.globalAveragePool("avgpool", x)));
    Value logits = g.linear("fc", x, CLASSES);
    g.output("logits", logits);
    return g.softmaxCrossEntropy("loss", logits, g.input("targets", Shape.of(batch, CLASSES)), 0.1);
  }

  private static Value unit(
      GraphBuilder g, String path, Value x, int channels, int stride, Activation activation) {
    Value conv = g.conv(path + ".conv", x, channels, Window.square(3, stride, 1), 1);
    return g.activate(path + ".act", g.batchNorm(path + ".bn", conv), activation);
  }

  private static Value branch(
      GraphBuilder g, String path, Value x, int channels, int stride, Activation activation) {
    Value y = unit(g, path + ".1", x, channels, stride, activation);
    Value conv = g.conv(path + ".2.conv", y, channels, Window.square(3, 1, 1), 1);
    return g.batchNorm(path + ".2.bn", conv);
  }
}
