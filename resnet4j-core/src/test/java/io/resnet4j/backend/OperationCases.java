package io.resnet4j.backend;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Every operation by itself, forward and backward, at sizes that no vector length divides. */
final class OperationCases {
  private OperationCases() {}

  static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    cases.addAll(convolutions());
    cases.addAll(norms());
    cases.addAll(elementwise());
    cases.addAll(shortcuts());
    cases.addAll(pools());
    cases.addAll(heads());
    cases.addAll(FamilyCases.all());
    return cases;
  }

  static Value x(GraphBuilder g, int... dims) {
    return g.input("x", Shape.of(dims));
  }

  private static Case conv(Shape x, int filters, Window window, int groups, boolean bias) {
    String name = "conv " + x + " to " + filters + ", " + window + ", groups " + groups;
    return Case.training(
        name + (bias ? ", bias" : ""),
        g -> {
          Value in = g.input("x", x);
          return bias
              ? g.convBias("conv", in, filters, window, groups)
              : g.conv("conv", in, filters, window, groups);
        });
  }

  private static List<Case> convolutions() {
    return List.of(
        conv(Shape.of(1, 3, 5, 7), 5, Window.square(1, 1, 0), 1, false),
        conv(Shape.of(2, 5, 5, 7), 17, Window.square(1, 2, 0), 1, false),
        conv(Shape.of(3, 17, 5, 7), 3, Window.square(1, 1, 0), 1, true),
        conv(Shape.of(2, 3, 5, 7), 5, Window.square(3, 1, 1), 1, true),
        conv(Shape.of(3, 5, 5, 7), 3, Window.square(3, 2, 1), 1, false),
        conv(Shape.of(1, 16, 5, 3), 32, Window.square(3, 2, 1), 1, false),
        conv(Shape.of(1, 16, 3, 5), 16, Window.square(3, 1, 1), 1, false),
        conv(Shape.of(2, 3, 5, 7), 5, Window.dilated(3, 1, 2, 2), 1, true),
        conv(Shape.of(1, 5, 5, 7), 17, Window.dilated(3, 2, 2, 2), 1, false),
        conv(Shape.of(1, 3, 5, 7), 5, Window.square(5, 1, 2), 1, false),
        conv(Shape.of(3, 3, 5, 7), 5, Window.square(5, 2, 0), 1, true),
        conv(Shape.of(2, 3, 11, 13), 5, Window.square(7, 2, 3), 1, false),
        conv(Shape.of(1, 3, 5, 7), 17, Window.square(7, 1, 3), 1, false),
        conv(Shape.of(2, 3, 5, 7), 5, new Window(1, 3, 2, 1, 0, 1, 1, 2), 1, false),
        conv(Shape.of(2, 6, 5, 7), 9, Window.square(3, 1, 1), 3, true),
        conv(Shape.of(1, 10, 5, 7), 4, Window.square(3, 2, 1), 2, false),
        conv(Shape.of(2, 17, 5, 7), 17, Window.square(3, 1, 1), 17, false),
        conv(Shape.of(3, 5, 5, 7), 5, Window.square(3, 2, 1), 5, true),
        conv(Shape.of(1, 3, 5, 7), 6, Window.dilated(3, 1, 2, 2), 3, false));
  }

  private static List<Case> norms() {
    List<Case> cases = new ArrayList<>();
    for (Shape x : List.of(Shape.of(2, 3, 5, 7), Shape.of(1, 17, 5, 7), Shape.of(3, 5, 1, 1))) {
      cases.add(Case.training("batch norm " + x, g -> g.batchNorm("bn", g.input("x", x))));
      cases.add(Case.frozen("frozen batch norm " + x, g -> g.batchNorm("bn", g.input("x", x))));
      cases.add(
          Case.inference("inferring batch norm " + x, g -> g.batchNorm("bn", g.input("x", x))));
    }
    cases.add(Case.training("batch norm of 32", g -> g.batchNorm("bn", x(g, 2, 32, 3, 3))));
    cases.add(
        Case.frozen(
            "frozen batch norm, then relu",
            g -> g.relu("relu", g.batchNorm("bn", x(g, 2, 5, 5, 7)))));
    cases.add(
        Case.training(
            "batch norm, then silu",
            g -> g.activate("silu", g.batchNorm("bn", x(g, 2, 5, 5, 7)), Activation.SILU)));
    return cases;
  }

  private static List<Case> elementwise() {
    List<Case> cases = new ArrayList<>();
    for (Activation activation : Activation.values()) {
      cases.add(
          Case.training(
              activation + " of a picture", g -> g.activate("act", x(g, 3, 5, 5, 7), activation)));
      cases.add(
          Case.inference(
              activation + " of a row", g -> g.activate("act", x(g, 2, 17), activation)));
    }
    cases.add(
        Case.training(
            "add", g -> g.add("add", x(g, 2, 5, 5, 7), g.input("z", Shape.of(2, 5, 5, 7)))));
    cases.add(
        Case.training(
            "x + x",
            g -> {
              Value x = x(g, 1, 3, 5, 7);
              return g.add("add", x, x);
            }));
    cases.add(
        Case.training(
            "a value with four readers",
            g -> {
              Value x = x(g, 2, 5, 5, 7);
              Value sum = g.add("a", g.conv("conv", x, 5, Window.square(3, 1, 1), 1), x);
              Value more = g.add("b", g.activate("tanh", x, Activation.TANH), sum);
              return g.add("c", g.activate("silu", x, Activation.SILU), more);
            }));
    cases.add(Case.training("dropout", g -> g.dropout("drop", x(g, 3, 5, 5, 7), 0.3)));
    cases.add(
        Case.inference(
            "inferring dropout", g -> g.relu("relu", g.dropout("drop", x(g, 3, 17), 0.3))));
    return cases;
  }

  private static Case pad(int n, int channels, int h, int w, int stride, int before, int after) {
    Shape x = Shape.of(n, channels, h, w);
    return Case.training(
        "pad shortcut " + x + "/" + stride + " by " + before + " and " + after,
        g -> g.padShortcut("pad", g.input("x", x), stride, before, after));
  }

  private static List<Case> shortcuts() {
    return List.of(
        pad(2, 3, 5, 5, 2, 2, 3),
        pad(1, 16, 5, 5, 2, 8, 8),
        pad(3, 3, 5, 7, 1, 1, 1),
        pad(2, 5, 5, 7, 2, 0, 12),
        pad(1, 3, 7, 6, 3, 5, 0),
        pad(2, 16, 6, 6, 2, 8, 8));
  }

  private static List<Case> pools() {
    List<Case> cases = new ArrayList<>();
    for (Window window :
        List.of(
            Window.square(3, 2, 1),
            Window.square(2, 2, 0),
            Window.square(2, 1, 1),
            new Window(3, 2, 1, 2, 1, 0, 1, 1))) {
      cases.add(
          Case.training("max pool " + window, g -> g.maxPool("pool", x(g, 2, 3, 5, 7), window))
              .withoutTies());
      cases.add(
          Case.inference(
                  "inferring max pool " + window, g -> g.maxPool("pool", x(g, 2, 3, 5, 7), window))
              .withoutTies());
      for (boolean count : new boolean[] {false, true}) {
        cases.add(
            Case.training(
                "average pool " + window + (count ? ", counting padding" : ""),
                g -> g.averagePool("pool", x(g, 3, 5, 5, 7), window, count)));
      }
    }
    Window dilated = Window.dilated(3, 1, 1, 2);
    cases.add(
        Case.training("max pool " + dilated, g -> g.maxPool("pool", x(g, 1, 5, 5, 7), dilated))
            .withoutTies());
    cases.add(
        Case.training("global average pool", g -> g.globalAveragePool("gap", x(g, 3, 17, 5, 7))));
    cases.add(
        Case.training(
            "global average pool of one pixel", g -> g.globalAveragePool("gap", x(g, 2, 3, 1, 1))));
    return cases;
  }

  private static List<Case> heads() {
    List<Case> cases = new ArrayList<>();
    cases.add(Case.training("flatten", g -> g.flatten("flat", x(g, 3, 5, 5, 7))));
    for (int n = 1; n <= 3; n++) {
      int batch = n;
      cases.add(Case.training("linear of " + n, g -> g.linear("fc", x(g, batch, 17), 5)));
    }
    cases.add(
        Case.training(
            "linear without bias",
            g -> {
              Value x = x(g, 3, 5);
              Value weight = g.parameter("fc.weight", 17, 5);
              return g.emit("fc", new Op.Linear(), List.of(x, weight)).output();
            }));
    for (double smoothing : new double[] {0, 0.1}) {
      for (Shape shape : List.of(Shape.of(1, 5), Shape.of(2, 17), Shape.of(3, 10))) {
        cases.add(
            Case.training(
                "cross-entropy " + shape + " smoothed by " + smoothing,
                g ->
                    g.softmaxCrossEntropy(
                        "loss", g.input("x", shape), g.input("targets", shape), smoothing)));
      }
    }
    cases.add(
        Case.training(
                "cross-entropy of large logits",
                g ->
                    g.softmaxCrossEntropy(
                        "loss", x(g, 2, 3), g.input("targets", Shape.of(2, 3)), 0.1))
            .with("x", 80, 81, 60, -90, -81.5, -82));
    cases.add(
        Case.training(
            "a head",
            g -> {
              Value pooled = g.globalAveragePool("gap", x(g, 3, 5, 5, 7));
              Value logits = g.linear("fc", g.flatten("flat", pooled), 4);
              return g.softmaxCrossEntropy("loss", logits, g.input("targets", Shape.of(3, 4)), 0);
            }));
    return cases;
  }
}
