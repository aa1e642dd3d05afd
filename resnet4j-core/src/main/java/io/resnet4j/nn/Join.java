package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;

/**
 * How shortcut and branch become one: a sum, of which He et al. 2016 (arXiv:1603.05027, table 1)
 * tried several. Each writes itself; its result is {@code path.add}.
 */
public sealed interface Join {
  /** The plain sum. */
  Join SUM = new Sum(1, 1);

  /**
   * The two joined, [N,C,H,W] as both are.
   *
   * @param path of the block
   */
  Value write(GraphBuilder g, String path, Value shortcut, Value branch);

  /**
   * Constants times both; the paper's constant scaling. A factor of zero leaves its side out.
   *
   * @param shortcut factor on the shortcut
   * @param branch factor on the branch
   */
  record Sum(double shortcut, double branch) implements Join {
    /** Checks the factors. */
    public Sum {
      require(
          Double.isFinite(shortcut) && Double.isFinite(branch) && branch != 0,
          "factors " + shortcut + " and " + branch,
          "finite numbers, that of the branch not zero");
    }

    @Override
    public Value write(GraphBuilder g, String path, Value x, Value f) {
      Value scaled = factor(g, path + ".branch.scaled", f, branch);
      if (shortcut == 0) {
        return scaled;
      }
      return g.add(path + ".add", scaled, factor(g, path + ".shortcut.scaled", x, shortcut));
    }

    private static Value factor(GraphBuilder g, String path, Value x, double factor) {
      return factor == 1 ? x : g.affine(path, x, factor, 0);
    }
  }

  /**
   * (1 - g) shortcut + g branch, the gate g = sigmoid of a 1x1 convolution of the shortcut, as in
   * highway networks.
   *
   * @param bias that the gate's bias starts at
   */
  record ExclusiveGate(double bias) implements Join {
    /** Checks the bias. */
    public ExclusiveGate {
      requireBias(bias);
    }

    @Override
    public Value write(GraphBuilder g, String path, Value x, Value f) {
      Value gate = gate(g, path, x, bias);
      Value branch = g.multiply(path + ".branch.gated", f, gate);
      return g.add(path + ".add", branch, ungated(g, path, x, gate));
    }
  }

  /**
   * (1 - g) shortcut + branch, the gate as before.
   *
   * @param bias that the gate's bias starts at
   */
  record ShortcutGate(double bias) implements Join {
    /** Checks the bias. */
    public ShortcutGate {
      requireBias(bias);
    }

    @Override
    public Value write(GraphBuilder g, String path, Value x, Value f) {
      return g.add(path + ".add", f, ungated(g, path, x, gate(g, path, x, bias)));
    }
  }

  /**
   * Dropout on the shortcut.
   *
   * @param probability of a zero
   */
  record ShortcutDropout(double probability) implements Join {
    /** Checks the probability. */
    public ShortcutDropout {
      require(probability > 0 && probability < 1, "probability " + probability, "between 0 and 1");
    }

    @Override
    public Value write(GraphBuilder g, String path, Value x, Value f) {
      return g.add(path + ".add", f, g.dropout(path + ".shortcut.dropped", x, probability));
    }
  }

  private static Value gate(GraphBuilder g, String path, Value x, double bias) {
    String conv = path + ".gate";
    int channels = x.shape().dim(1);
    Window point = Window.square(1, 1, 0);
    Value weight = g.convWeight(conv, x, channels, point, 1, Start.BY_READER);
    Value start = g.parameter(conv + ".bias", new Start.Constant(bias), channels);
    Value y = g.conv(conv, x, weight, start, point, 1);
    return g.activate(conv + ".act", y, Activation.SIGMOID);
  }

  private static Value ungated(GraphBuilder g, String path, Value x, Value gate) {
    Value rest = g.affine(path + ".gate.rest", gate, -1, 1);
    return g.multiply(path + ".shortcut.gated", x, rest);
  }

  private static void requireBias(double bias) {
    require(Double.isFinite(bias), "bias " + bias, "a finite number");
  }

  private static void require(boolean right, String given, String expected) {
    if (!right) {
      throw new InvalidInputException("join: " + given + "; expected " + expected);
    }
  }
}
