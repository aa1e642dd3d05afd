package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The operations that a {@link GraphSpec} may hold, and what a batch makes of them. */
final class GraphOps {
  private static final int MOST = 1 << 16;
  private static final int MOST_EXTENT = 1 << 24;

  /** By the names that JSON has for them. */
  static final Map<String, Class<? extends Op>> BY_NAME =
      List.<Class<? extends Op>>of(
              Op.Input.class,
              Op.Parameter.class,
              Op.Buffer.class,
              Op.Conv2d.class,
              Op.BatchNorm.class,
              Op.GroupNorm.class,
              Op.Activate.class,
              Op.Add.class,
              Op.Couple.class,
              Op.Shift.class,
              Op.Multiply.class,
              Op.Affine.class,
              Op.Concat.class,
              Op.Slice.class,
              Op.PadShortcut.class,
              Op.ReflectPad.class,
              Op.MaxPool.class,
              Op.AveragePool.class,
              Op.GlobalAveragePool.class,
              Op.Reshape.class,
              Op.Linear.class,
              Op.Dropout.class,
              Op.DropBlock.class)
          .stream()
          .collect(Collectors.toUnmodifiableMap(Class::getSimpleName, Function.identity()));

  private GraphOps() {}

  /** What JSON calls an operation. */
  static String name(Op op) {
    return op.getClass().getSimpleName();
  }

  /** Refuses numbers that the rules of shapes take for granted. */
  static void requireSound(GraphSpec.Layer node) {
    Op op = node.op();
    if (!BY_NAME.containsValue(op.getClass())) {
      throw error(node, name(op) + " is no operation of a network that is still to be planned");
    }
    boolean sound = true;
    if (op instanceof Op.Input input) {
      sound = input.shape().rank() == 4 && isPlausible(input.shape(), MOST);
    } else if (op instanceof Op.Parameter parameter) {
      sound =
          isPlausible(parameter.shape(), MOST_EXTENT) && fits(parameter.start(), parameter.shape());
    } else if (op instanceof Op.Buffer buffer) {
      sound = isPlausible(buffer.shape(), MOST_EXTENT) && fits(buffer.start(), buffer.shape());
    } else if (op instanceof Op.Reshape reshape) {
      sound = isPlausible(reshape.shape(), Integer.MAX_VALUE);
    } else if (op instanceof Op.Conv2d conv) {
      sound = conv.groups() >= 1 && isPlausible(conv.window());
    } else if (op instanceof Op.MaxPool pool) {
      sound = isPlausible(pool.window());
    } else if (op instanceof Op.AveragePool pool) {
      sound = isPlausible(pool.window());
    } else if (op instanceof Op.PadShortcut pad) {
      sound =
          pad.stride() >= 1
              && Math.min(pad.before(), pad.after()) >= 0
              && Math.max(pad.stride(), Math.max(pad.before(), pad.after())) <= MOST;
    } else if (op instanceof Op.BatchNorm norm) {
      sound = isFraction(norm.momentum()) && norm.epsilon() >= 0 && norm.epsilon() < 1;
    } else if (op instanceof Op.GroupNorm norm) {
      sound = norm.groups() >= 1 && norm.epsilon() >= 0 && norm.epsilon() < 1;
    }
    if (!sound) {
      throw error(node, op + " has a number out of range");
    }
  }

  private static boolean fits(Start start, Shape shape) {
    if (start instanceof Start.Constant constant) {
      return Double.isFinite(constant.value());
    } else if (start instanceof Start.ByReader drawn) {
      return Double.isFinite(drawn.factor());
    }
    return shape.rank() >= 2;
  }

  private static boolean isFraction(double number) {
    return number >= 0 && number <= 1;
  }

  private static boolean isPlausible(Window w) {
    int kernel = Math.max(w.kernelH(), w.kernelW());
    int step = Math.max(w.strideH(), w.strideW());
    int pad = Math.max(w.padH(), w.padW());
    int gap = Math.max(w.dilationH(), w.dilationW());
    return Math.max(Math.max(kernel, step), Math.max(pad, gap)) <= MOST
        && (long) kernel * gap <= Integer.MAX_VALUE;
  }

  private static boolean isPlausible(Shape shape, int most) {
    double product = 1;
    boolean plausible = shape.rank() <= 8;
    for (int dim : shape.toArray()) {
      plausible &= dim <= most;
      product *= dim;
    }
    return plausible && product <= 0x1p48;
  }

  private static InvalidInputException error(GraphSpec.Layer node, String what) {
    return new InvalidInputException(node.path() + ": " + what);
  }

  /** An operation written for a batch of {@code from}, for one of {@code to}. */
  static Op rebatch(String path, Op op, int from, int to) {
    if (op instanceof Op.Input input) {
      return new Op.Input(rebatch(path, input.shape(), from, to));
    }
    if (op instanceof Op.Reshape reshape) {
      return new Op.Reshape(rebatch(path, reshape.shape(), from, to));
    }
    return op;
  }

  static Shape rebatch(String path, Shape shape, int from, int to) {
    if (shape.rank() < 1 || shape.dim(0) != from) {
      throw new InvalidInputException(
          path + ": shape " + shape + "; expected the batch, " + from + ", to be its first extent");
    }
    return batched(shape, to);
  }

  /** The shape with another first extent. */
  static Shape batched(Shape shape, int batch) {
    int[] dims = shape.toArray();
    dims[0] = batch;
    return Shape.of(dims);
  }

  /**
   * Whether two networks compute the same at inference, node by node: they may differ in dropout,
   * in whether a sum is a coupling that gradients undo, in what of the state is trained and how it
   * starts, in the order of independent nodes and in digits of constants that a float does not
   * have.
   */
  static boolean inferAlike(GraphSpec a, GraphSpec b) {
    return a.logits().equals(b.logits()) && inference(a).equals(inference(b));
  }

  private static Map<String, GraphSpec.Layer> inference(GraphSpec spec) {
    Map<String, GraphSpec.Layer> layers = new HashMap<>();
    Map<String, String> instead = new HashMap<>();
    for (GraphSpec.Layer layer : spec.nodes()) {
      Op op = layer.op();
      List<String> inputs =
          layer.inputs().stream().map(path -> instead.getOrDefault(path, path)).toList();
      if (op instanceof Op.Dropout || op instanceof Op.DropBlock) {
        instead.put(layer.path(), inputs.get(0));
        continue;
      } else if (op instanceof Op.Couple) {
        op = new Op.Add(Activation.IDENTITY);
        inputs = inputs.subList(0, 2);
      } else if (op instanceof Op.Buffer buffer) {
        op = new Op.Parameter(buffer.shape(), Start.BY_READER);
      } else if (op instanceof Op.Parameter parameter) {
        op = new Op.Parameter(parameter.shape(), Start.BY_READER);
      } else if (op instanceof Op.Affine affine) {
        op = new Op.Affine((float) affine.factor(), (float) affine.addend());
      }
      layers.put(layer.path(), new GraphSpec.Layer(layer.path(), op, inputs));
    }
    return layers;
  }

  /** [1,C,H,W]. */
  static Shape picture(String name, int channels, int height, int width) {
    if (Math.min(channels, Math.min(height, width)) < 1
        || Math.max(channels, Math.max(height, width)) > MOST) {
      throw new InvalidInputException(
          "model "
              + name
              + ": pictures of "
              + channels
              + "x"
              + height
              + "x"
              + width
              + "; expected 1 to "
              + MOST
              + " of each");
    }
    return Shape.of(1, channels, height, width);
  }

  /** With running statistics where the batch has one value per channel. */
  static Op forInference(Op.BatchNorm norm, Shape x) {
    return x.rank() == 4 && x.elements() == x.dim(1)
        ? new Op.BatchNorm(
            norm.epsilon(), norm.momentum(), Op.Statistics.RUNNING, norm.activation())
        : norm;
  }
}
