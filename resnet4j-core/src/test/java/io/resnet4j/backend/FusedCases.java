package io.resnet4j.backend;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Every form that the planner makes of neighbours, and neighbours that it must leave alone. */
final class FusedCases {
  private static final Window THREE = Window.square(3, 1, 1);

  private FusedCases() {}

  static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    cases.addAll(training());
    cases.addAll(inference());
    return cases;
  }

  private static Value x(GraphBuilder g, int... dims) {
    return OperationCases.x(g, dims);
  }

  private static Predicate<Op> norm(Op.Statistics statistics) {
    return op ->
        op instanceof Op.BatchNorm norm
            && norm.activation() == Activation.RELU
            && norm.statistics() == statistics;
  }

  private static Predicate<Op> addRelu() {
    return op -> op instanceof Op.Add add && add.activation() == Activation.RELU;
  }

  private static Predicate<Op> conv(
      boolean bias, boolean folded, boolean residual, Activation activation) {
    return op ->
        op instanceof Op.FusedConv2d conv
            && conv.bias() == bias
            && conv.folded() == folded
            && conv.residual() == residual
            && conv.activation() == activation;
  }

  private static List<Case> training() {
    List<Case> cases = new ArrayList<>();
    for (Shape x :
        List.of(
            Shape.of(2, 3, 5, 7),
            Shape.of(1, 17, 5, 7),
            Shape.of(3, 5, 1, 1),
            Shape.of(2, 32, 3, 5))) {
      cases.add(
          Case.training(
                  "batch norm + relu " + x, g -> g.relu("relu", g.batchNorm("bn", g.input("x", x))))
              .fusing(norm(Op.Statistics.BATCH)));
    }
    cases.add(
        Case.training(
                "add + relu",
                g -> {
                  Value z = g.input("z", Shape.of(3, 5, 5, 7));
                  return g.relu("relu", g.add("add", x(g, 3, 5, 5, 7), z));
                })
            .fusing(addRelu()));
    cases.add(
        Case.training(
                "conv, batch norm + relu",
                g -> {
                  Value conv = g.conv("conv", x(g, 2, 3, 5, 7), 5, THREE, 1);
                  return g.relu("relu", g.batchNorm("bn", conv));
                })
            .fusing(norm(Op.Statistics.BATCH)));
    cases.add(
        Case.training(
                "batch norm, add + relu",
                g -> {
                  Value x = x(g, 2, 5, 5, 7);
                  Value norm = g.batchNorm("bn", g.conv("conv", x, 5, THREE, 1));
                  return g.relu("relu", g.add("add", norm, x));
                })
            .fusing(addRelu()));
    return cases;
  }

  private static Value normed(GraphBuilder g, String path, Value x, int channels, Window window) {
    return g.batchNorm(path + ".bn", g.conv(path + ".conv", x, channels, window, 1));
  }

  private static List<Case> inference() {
    List<Case> cases = new ArrayList<>();
    cases.add(
        Case.inference(
                "batch norm + relu with running statistics",
                g -> g.relu("relu", g.batchNorm("bn", x(g, 2, 5, 5, 7))))
            .fusing(norm(Op.Statistics.RUNNING)));
    cases.add(
        Case.inference(
                "add + relu, inferring",
                g -> {
                  Value z = g.input("z", Shape.of(2, 3, 5, 7));
                  return g.relu("relu", g.add("add", x(g, 2, 3, 5, 7), z));
                })
            .fusing(addRelu()));
    cases.add(
        Case.inference("conv + batch norm", g -> normed(g, "a", x(g, 2, 3, 5, 7), 17, THREE))
            .fusing(conv(false, true, false, Activation.IDENTITY)));
    for (Window window :
        List.of(
            Window.square(1, 1, 0),
            Window.square(1, 2, 0),
            Window.square(3, 2, 1),
            Window.dilated(3, 1, 2, 2),
            Window.square(5, 1, 2),
            Window.square(7, 2, 3))) {
      cases.add(
          Case.inference(
                  "conv + batch norm + relu, " + window,
                  g -> g.relu("relu", normed(g, "a", x(g, 3, 3, 5, 7), 5, window)))
              .fusing(conv(false, true, false, Activation.RELU)));
    }
    for (int groups : new int[] {2, 6}) {
      cases.add(
          Case.inference(
                  "conv + batch norm + relu, groups " + groups,
                  g -> {
                    Value conv = g.conv("conv", x(g, 1, 6, 5, 7), 6, THREE, groups);
                    return g.relu("relu", g.batchNorm("bn", conv));
                  })
              .fusing(conv(false, true, false, Activation.RELU)));
    }
    for (Activation activation : Activation.values()) {
      if (activation != Activation.IDENTITY) {
        cases.add(
            Case.inference(
                    "conv + bias + " + activation,
                    g -> {
                      Value conv = g.convBias("conv", x(g, 2, 3, 5, 7), 5, THREE, 1);
                      return g.activate("act", conv, activation);
                    })
                .fusing(conv(true, false, false, activation)));
      }
    }
    cases.add(
        Case.inference(
                "conv + bias + batch norm + silu",
                g -> {
                  Value conv = g.convBias("conv", x(g, 2, 3, 5, 7), 5, THREE, 1);
                  return g.activate("act", g.batchNorm("bn", conv), Activation.SILU);
                })
            .fusing(conv(true, true, false, Activation.SILU)));
    cases.addAll(residuals());
    return cases;
  }

  private static List<Case> residuals() {
    List<Case> cases = new ArrayList<>();
    for (Activation activation : List.of(Activation.RELU, Activation.TANH, Activation.SIGMOID)) {
      for (boolean branchFirst : new boolean[] {true, false}) {
        cases.add(
            Case.inference(
                    "conv + batch norm + add + " + activation + (branchFirst ? "" : ", turned"),
                    g -> {
                      Value x = x(g, 3, 5, 5, 7);
                      Value branch = normed(g, "a", x, 5, THREE);
                      Value sum = branchFirst ? g.add("add", branch, x) : g.add("add", x, branch);
                      return g.activate("act", sum, activation);
                    })
                .fusing(conv(false, true, true, activation)));
      }
    }
    cases.add(
        Case.inference(
                "conv + batch norm + add",
                g -> {
                  Value x = x(g, 2, 17, 5, 7);
                  return g.add("add", normed(g, "a", x, 17, THREE), x);
                })
            .fusing(conv(false, true, true, Activation.IDENTITY)));
    cases.add(
        Case.inference(
                "conv + bias + add + relu",
                g -> {
                  Value x = x(g, 2, 5, 5, 7);
                  Value sum = g.add("add", g.convBias("conv", x, 5, THREE, 1), x);
                  return g.relu("relu", sum);
                })
            .fusing(conv(true, false, true, Activation.RELU)));
    cases.add(
        Case.inference(
                "conv + batch norm + add + relu, projected",
                g -> {
                  Value x = x(g, 2, 3, 5, 7);
                  Value branch = normed(g, "a", x, 5, Window.square(3, 2, 1));
                  Value shortcut = normed(g, "b", x, 5, Window.square(1, 2, 0));
                  return g.relu("relu", g.add("add", branch, shortcut));
                })
            .fusing(conv(false, true, true, Activation.RELU)));
    cases.add(
        Case.inference(
                "the addend is used again",
                g -> {
                  Value x = x(g, 2, 5, 5, 7);
                  Value first = g.relu("r1", normed(g, "a", x, 5, THREE));
                  Value second = g.relu("r2", g.add("s2", normed(g, "b", first, 5, THREE), first));
                  Value third = g.relu("r3", g.add("s3", normed(g, "c", second, 5, THREE), first));
                  return g.add("s4", third, first);
                })
            .fusing(conv(false, true, true, Activation.RELU)));
    return cases;
  }
}
