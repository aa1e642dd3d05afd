package io.resnet4j.backend;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * What the variants of residual networks add: broadcasts, gates, group norm, computed weights,
 * channels side by side, mirrored borders and the droppings. "Behind a conv" means in the layout
 * that convolutions prefer.
 */
final class FamilyCases {
  private static final Window THREE = Window.square(3, 1, 1);
  private static final List<Shape> PICTURES =
      List.of(
          Shape.of(2, 3, 5, 7),
          Shape.of(1, 17, 5, 7),
          Shape.of(2, 16, 6, 6),
          Shape.of(3, 32, 4, 4));

  private FamilyCases() {}

  static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    cases.addAll(broadcasts());
    cases.addAll(groupNorms());
    cases.addAll(channels());
    cases.addAll(borders());
    cases.addAll(droppings());
    cases.addAll(weights());
    cases.addAll(blocks());
    return cases;
  }

  private static Value x(GraphBuilder g, int... dims) {
    return OperationCases.x(g, dims);
  }

  /** A value of this shape behind a convolution. */
  private static Value behindConv(GraphBuilder g, Shape shape) {
    Value x = g.input("x", Shape.of(shape.dim(0), 3, shape.dim(2), shape.dim(3)));
    return g.conv("before", x, shape.dim(1), Window.square(1, 1, 0), 1);
  }

  private static Value picture(GraphBuilder g, Shape shape, boolean behindConv) {
    return behindConv ? behindConv(g, shape) : g.input("x", shape);
  }

  private static String place(Shape shape, boolean behindConv) {
    return shape + (behindConv ? " behind a conv" : "");
  }

  private static List<Case> broadcasts() {
    List<Case> cases = new ArrayList<>();
    for (Shape x : PICTURES) {
      int n = x.dim(0);
      int c = x.dim(1);
      for (Shape narrow :
          List.of(
              Shape.of(1),
              Shape.of(n, c, 1, 1),
              Shape.of(1, c, 1, 1),
              Shape.of(n, 1, 1, 1),
              Shape.of(n, 1, x.dim(2), x.dim(3)),
              x)) {
        if (narrow.elements() == 1 && narrow.rank() == 4) {
          continue;
        }
        boolean behind = c > 3;
        String name = narrow + " over " + place(x, behind);
        cases.add(
            Case.training(
                "shift by " + name,
                g -> g.shift("shift", picture(g, x, behind), g.input("z", narrow))));
        cases.add(
            Case.training(
                "multiply by " + name,
                g -> g.multiply("gate", picture(g, x, behind), g.input("z", narrow))));
        cases.add(
            Case.training(
                "learned " + name,
                g -> {
                  Value b = g.parameter("b", narrow.toArray());
                  Value s = g.parameter("s", narrow.toArray());
                  return g.shift("shift", g.multiply("scale", picture(g, x, behind), s), b);
                }));
      }
      cases.add(
          Case.training(
              "affine " + x,
              g -> g.affine("affine", g.affine("one", behindConv(g, x), 1, 2), -3, 1)));
    }
    cases.add(Case.training("rows", g -> g.shift("shift", x(g, 3, 17), g.parameter("b", 1, 17))));
    cases.add(
        Case.training(
            "x times x",
            g -> {
              Value x = x(g, 2, 3, 5, 7);
              return g.multiply("square", x, x);
            }));
    cases.add(
        Case.training(
            "affine of a parameter",
            g -> {
              Value s = g.affine("more", g.parameter("s", 1), 0.5, 1);
              return g.multiply("scale", x(g, 2, 3, 5, 7), s);
            }));
    cases.add(
        Case.inference(
            "inferring broadcasts",
            g -> {
              Value x = behindConv(g, Shape.of(2, 17, 5, 7));
              Value y = g.multiply("scale", x, g.parameter("s", 1));
              return g.shift("shift", y, g.parameter("b", 1, 17, 1, 1));
            }));
    return cases;
  }

  private static Case groupNorm(Shape x, int groups, boolean behindConv) {
    return Case.training(
        "group norm " + place(x, behindConv) + " in " + groups,
        g -> g.groupNorm("gn", picture(g, x, behindConv), groups));
  }

  private static List<Case> groupNorms() {
    List<Case> cases = new ArrayList<>();
    for (boolean behind : new boolean[] {false, true}) {
      cases.add(groupNorm(Shape.of(2, 3, 5, 7), 1, behind));
      cases.add(groupNorm(Shape.of(2, 6, 5, 7), 6, behind));
      cases.add(groupNorm(Shape.of(1, 17, 5, 7), 17, behind));
      cases.add(groupNorm(Shape.of(1, 17, 5, 7), 1, behind));
      cases.add(groupNorm(Shape.of(2, 16, 6, 6), 8, behind));
      cases.add(groupNorm(Shape.of(3, 32, 4, 4), 4, behind));
      cases.add(groupNorm(Shape.of(3, 34, 1, 3), 17, behind));
    }
    cases.add(
        Case.training(
            "group norm without shift",
            g -> {
              Value scale = g.parameter("scale", 16);
              List<Value> inputs = List.of(behindConv(g, Shape.of(2, 16, 5, 7)), scale);
              return g.emit("gn", new Op.GroupNorm(4, 1e-5), inputs).output();
            }));
    cases.add(
        Case.training(
            "group norm, relu and two readers",
            g -> {
              Value x = behindConv(g, Shape.of(2, 16, 5, 7));
              Value y = g.activate("silu", g.groupNorm("gn", x, 4), Activation.SILU);
              return g.add("add", y, x);
            }));
    cases.add(
        Case.inference(
            "inferring group norm",
            g -> g.relu("relu", g.groupNorm("gn", behindConv(g, Shape.of(2, 34, 5, 7)), 2))));
    return cases;
  }

  private static Case concat(boolean behindConv, int... channels) {
    return Case.training(
        "concat of " + java.util.Arrays.toString(channels) + (behindConv ? " behind convs" : ""),
        g -> {
          List<Value> parts = new ArrayList<>();
          for (int i = 0; i < channels.length; i++) {
            Value x = g.input("x" + i, Shape.of(2, behindConv ? 3 : channels[i], 5, 7));
            parts.add(
                behindConv ? g.conv("conv" + i, x, channels[i], Window.square(1, 1, 0), 1) : x);
          }
          parts.set(0, g.activate("silu", parts.get(0), Activation.SILU));
          return g.concat("concat", parts);
        });
  }

  private static Case slice(Shape x, int from, int to, boolean behindConv) {
    return Case.training(
        "channels " + from + " to " + to + " of " + place(x, behindConv),
        g -> g.slice("slice", picture(g, x, behindConv), from, to));
  }

  private static List<Case> channels() {
    List<Case> cases = new ArrayList<>();
    for (boolean behind : new boolean[] {false, true}) {
      cases.add(concat(behind, 3, 5));
      cases.add(concat(behind, 3, 16));
      cases.add(concat(behind, 3, 17, 2));
      cases.add(concat(behind, 3, 16, 32));
      cases.add(slice(Shape.of(2, 5, 5, 7), 1, 4, behind));
      cases.add(slice(Shape.of(1, 34, 5, 7), 16, 34, behind));
      cases.add(slice(Shape.of(3, 32, 4, 4), 16, 32, behind));
      cases.add(slice(Shape.of(2, 32, 4, 4), 0, 16, behind));
      cases.add(slice(Shape.of(2, 32, 4, 4), 3, 20, behind));
    }
    cases.add(
        Case.training(
            "concat of one value and itself",
            g -> {
              Value x = behindConv(g, Shape.of(2, 16, 5, 7));
              return g.concat("concat", List.of(x, x));
            }));
    cases.add(
        Case.training(
            "halves, swapped",
            g -> {
              Value x = behindConv(g, Shape.of(2, 32, 3, 5));
              return g.concat("concat", List.of(g.slice("b", x, 16, 32), g.slice("a", x, 0, 16)));
            }));
    cases.add(
        Case.inference(
            "inferring concat",
            g -> {
              Value x = behindConv(g, Shape.of(2, 17, 3, 5));
              return g.concat("concat", List.of(g.relu("relu", x), g.slice("a", x, 2, 5)));
            }));
    return cases;
  }

  private static Case reflect(Shape x, int pad, boolean behindConv) {
    return Case.training(
        "mirrored " + place(x, behindConv) + " by " + pad,
        g -> g.reflectPad("pad", picture(g, x, behindConv), pad));
  }

  private static List<Case> borders() {
    List<Case> cases = new ArrayList<>();
    for (boolean behind : new boolean[] {false, true}) {
      cases.add(reflect(Shape.of(2, 3, 5, 7), 1, behind));
      cases.add(reflect(Shape.of(2, 3, 4, 7), 3, behind));
      cases.add(reflect(Shape.of(1, 17, 7, 5), 3, behind));
      cases.add(reflect(Shape.of(2, 16, 2, 4), 1, behind));
    }
    cases.add(
        Case.training(
            "mirrored, gradient read twice",
            g -> {
              Value x = behindConv(g, Shape.of(2, 5, 5, 7));
              Value padded = g.reflectPad("pad", x, 1);
              Value other = g.input("z", Shape.of(2, 5, 7, 9));
              return g.add("add", padded, other);
            }));
    cases.add(
        Case.training(
            "blurred by a constant weight",
            g -> {
              Value x = behindConv(g, Shape.of(2, 6, 5, 7));
              Value filter = g.buffer("filter", 6, 1, 3, 3);
              Op blur = new Op.Conv2d(Window.square(3, 2, 0), 6);
              return g.emit("blur", blur, List.of(g.reflectPad("pad", x, 1), filter)).output();
            }));
    return cases;
  }

  private static List<Case> droppings() {
    List<Case> cases = new ArrayList<>();
    for (Op.Unit unit : Op.Unit.values()) {
      for (boolean behind : new boolean[] {false, true}) {
        for (Shape x :
            List.of(Shape.of(5, 3, 5, 7), Shape.of(4, 17, 3, 5), Shape.of(1, 16, 3, 5))) {
          cases.add(
              Case.training(
                  "drop path " + place(x, behind) + " by " + unit,
                  g -> g.dropPath("drop", picture(g, x, behind), 0.4, unit)));
        }
      }
      cases.add(
          Case.training(
              "drop path of rows by " + unit, g -> g.dropPath("drop", x(g, 5, 17), 0.4, unit)));
    }
    for (boolean behind : new boolean[] {false, true}) {
      Shape x = Shape.of(2, 5, 5, 7);
      cases.add(
          Case.training(
              "drop block " + place(x, behind),
              g -> g.dropBlock("drop", picture(g, x, behind), 0.2, 3)));
    }
    cases.add(
        Case.inference(
            "inferring drop block",
            g -> g.relu("relu", g.dropBlock("drop", x(g, 2, 3, 5, 7), 0.2, 3))));
    return cases;
  }

  /** A weight with mean 0 and, before the gain, variance 1 in each filter. */
  private static Value standardised(GraphBuilder g, String path, int... dims) {
    Value weight = g.parameter(path + ".weight", dims);
    Shape rows = Shape.of(1, dims[0], dims[1] * dims[2], dims[3]);
    Value flat = g.emit(path + ".rows", new Op.Reshape(rows), List.of(weight)).output();
    Value gain = g.affine(path + ".scaled", g.parameter(path + ".gain", dims[0]), 0.3, 0);
    Op norm = new Op.GroupNorm(dims[0], 1e-4);
    Value normed = g.emit(path + ".norm", norm, List.of(flat, gain)).output();
    return g.emit(path + ".standard", new Op.Reshape(Shape.of(dims)), List.of(normed)).output();
  }

  private static Value standardisedConv(
      GraphBuilder g, String path, Value x, int channels, int kernel, int groups, boolean bias) {
    Value weight = standardised(g, path, channels, x.shape().dim(1) / groups, kernel, kernel);
    List<Value> inputs =
        bias ? List.of(x, weight, g.parameter(path + ".bias", channels)) : List.of(x, weight);
    Window window = Window.square(kernel, 1, kernel / 2);
    return g.emit(path, new Op.Conv2d(window, groups), inputs).output();
  }

  private static List<Case> weights() {
    List<Case> cases = new ArrayList<>();
    for (int groups : new int[] {1, 2}) {
      cases.add(
          Case.training(
              "standardised conv, groups " + groups,
              g -> standardisedConv(g, "conv", x(g, 2, 6, 5, 7), 10, 3, groups, true)));
      cases.add(
          Case.training(
              "standardised conv of blocks, groups " + groups,
              g -> standardisedConv(g, "conv", x(g, 1, 16, 3, 5), 32, 1, groups, false)));
      cases.add(
          Case.inference(
              "inferring a standardised conv, groups " + groups,
              g -> standardisedConv(g, "conv", x(g, 2, 6, 5, 7), 10, 3, groups, true)));
      cases.add(
          Case.training(
              "two convs of one weight, groups " + groups,
              g -> {
                Value weight = g.parameter("weight", 6, 6 / groups, 3, 3);
                Op conv = new Op.Conv2d(THREE, groups);
                Value a = g.emit("a", conv, List.of(x(g, 2, 6, 5, 7), weight)).output();
                Value tanh = g.activate("tanh", a, Activation.TANH);
                return g.emit("b", conv, List.of(tanh, weight)).output();
              }));
      cases.add(
          Case.training(
              "a weight that is also summed, groups " + groups,
              g -> {
                Value weight = g.parameter("weight", 6, 6 / groups, 3, 3);
                Op conv = new Op.Conv2d(THREE, groups);
                Value y = g.emit("a", conv, List.of(x(g, 2, 6, 5, 7), weight)).output();
                Op flat = new Op.Reshape(Shape.of(1, 6, 1, 54 / groups));
                Value rows = g.emit("rows", flat, List.of(weight)).output();
                Value means = g.globalAveragePool("means", rows);
                return g.shift("shift", y, means);
              }));
    }
    cases.add(
        Case.inference(
            "batch norm and relu after a standardised conv",
            g -> {
              Value conv = standardisedConv(g, "conv", x(g, 2, 6, 5, 7), 10, 3, 1, false);
              return g.relu("relu", g.batchNorm("bn", conv));
            }));
    cases.add(
        Case.inference(
            "sum and relu after a standardised conv",
            g -> {
              Value x = x(g, 2, 6, 5, 7);
              Value conv = standardisedConv(g, "conv", x, 6, 3, 1, false);
              return g.relu("relu", g.add("add", conv, x));
            }));
    cases.add(
        Case.training(
            "linear of a computed weight",
            g -> {
              Value weight = g.affine("half", g.parameter("weight", 5, 17), 0.5, 0);
              Value bias = g.affine("twice", g.parameter("bias", 5), 2, 0);
              List<Value> inputs = List.of(x(g, 3, 17), weight, bias);
              return g.emit("fc", new Op.Linear(), inputs).output();
            }));
    cases.add(
        Case.training(
            "batch norm of computed vectors",
            g -> {
              Value scale = g.affine("one_more", g.parameter("scale", 5), 1, 1);
              Value shift = g.affine("less", g.parameter("shift", 5), 1, -1);
              Value mean = g.buffer("running_mean", 5);
              Value variance = g.buffer("running_var", 5);
              Op norm = new Op.BatchNorm(1e-5, 0.1, Op.Statistics.BATCH, Activation.IDENTITY);
              Value x = x(g, 2, 5, 5, 7);
              return g.emit("bn", norm, List.of(x, scale, shift, mean, variance)).output();
            }));
    return cases;
  }

  private static List<Case> blocks() {
    List<Case> cases = new ArrayList<>();
    cases.add(
        Case.training(
            "(1 - g) x + g F",
            g -> {
              Value x = x(g, 2, 5, 5, 7);
              Value gate = g.activate("gate", g.convBias("t", x, 5, THREE, 1), Activation.SIGMOID);
              Value branch = g.activate("f", g.conv("conv", x, 5, THREE, 1), Activation.TANH);
              Value carried = g.multiply("carried", x, g.affine("rest", gate, -1, 1));
              return g.add("sum", g.multiply("gated", branch, gate), carried);
            }));
    for (int channels : new int[] {6, 16, 32}) {
      cases.add(
          Case.training(
              "squeeze and excite " + channels,
              g -> {
                Value x = behindConv(g, Shape.of(2, channels, 5, 7));
                Value squeezed = g.globalAveragePool("squeeze", x);
                Value narrow = g.convBias("fc1", squeezed, 3, Window.square(1, 1, 0), 1);
                Value active = g.activate("silu", narrow, Activation.SILU);
                Value wide = g.convBias("fc2", active, channels, Window.square(1, 1, 0), 1);
                return g.multiply("excite", x, g.activate("gate", wide, Activation.SIGMOID));
              }));
    }
    cases.add(
        Case.training(
            "an exclusive gate of a parameter",
            g -> {
              Value x = behindConv(g, Shape.of(2, 5, 5, 7));
              Value gate = g.activate("gate", g.parameter("k", 1), Activation.SIGMOID);
              Value rest = g.multiply("rest", x, g.affine("other", gate, -1, 1));
              Value branch = g.activate("f", g.conv("conv", x, 5, THREE, 1), Activation.TANH);
              return g.add("sum", g.multiply("gated", branch, gate), rest);
            }));
    cases.add(
        Case.training(
            "ReZero",
            g -> {
              Value x = behindConv(g, Shape.of(2, 16, 5, 7));
              Value branch =
                  g.activate(
                      "f", g.conv("conv", x, 16, Window.square(1, 1, 0), 1), Activation.SILU);
              return g.add("sum", x, g.multiply("weighted", branch, g.parameter("alpha", 1)));
            }));
    cases.add(
        Case.training(
            "one scalar, two readers",
            g -> {
              Value s = g.parameter("s", 1);
              Value x = g.multiply("a", behindConv(g, Shape.of(2, 5, 5, 7)), s);
              return g.shift("b", g.conv("conv", x, 17, THREE, 1), s);
            }));
    for (Activation activation : List.of(Activation.LEAKY_RELU, Activation.GELU)) {
      cases.add(
          Case.inference(
              "conv + " + activation,
              g -> g.activate("act", g.conv("conv", x(g, 2, 3, 5, 7), 17, THREE, 1), activation)));
      cases.add(
          Case.training(
              activation + " behind a conv",
              g -> g.activate("act", behindConv(g, Shape.of(2, 17, 5, 7)), activation)));
    }
    return cases;
  }
}
