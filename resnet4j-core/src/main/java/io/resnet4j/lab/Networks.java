package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.graph.Activation;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.Block;
import io.resnet4j.nn.Initialisation;
import io.resnet4j.nn.Initialiser;
import io.resnet4j.nn.Norm;
import io.resnet4j.nn.Order;
import io.resnet4j.nn.Shortcut;
import java.util.List;
import java.util.Locale;

/** The networks of He et al. 2015, section 4.2, and their variants that experiments compare. */
final class Networks {
  static final String PLAIN = "plain";
  static final String RESIDUAL = "residual";
  static final String PREACTIVATED = "preactivated";
  static final List<String> KINDS = List.of(PLAIN, RESIDUAL, PREACTIVATED);
  static final List<String> ACTIVATIONS = List.of("relu", "sigmoid", "tanh");
  static final List<String> NORMS = List.of("batch", "none");
  static final List<String> INITIALISERS = List.of("he", "xavier", "orthogonal");

  private Networks() {}

  /**
   * A network of 6n + 2 layers with shortcuts of option A, or none, for the pictures of a data set.
   *
   * @throws InvalidInputException if there is none of that depth
   */
  static ResNetSpec of(String kind, int depth, DataSplits data) {
    int n = blocks(depth, Block.BASIC);
    return Models.resnet("resnet20")
        .with(
            d ->
                d.name(kind + depth)
                    .blocks(List.of(n, n, n))
                    .classes(data.train().classes().size())
                    .input(data.train().channels(), data.train().height(), data.train().width()))
        .withBlock(
            b ->
                b.shortcut(kind.equals(PLAIN) ? Shortcut.NONE : Shortcut.ZERO_PAD)
                    .order(kind.equals(PREACTIVATED) ? Order.PREACTIVATION : Order.ORIGINAL));
  }

  /**
   * A named network for the pictures of a data set.
   *
   * @throws InvalidInputException if there is none of that name
   */
  static ModelSpec named(String name, DataSplits data) {
    return fitted(Models.named(name), data);
  }

  /** A network for the pictures of a data set. */
  static ModelSpec fitted(ModelSpec spec, DataSplits data) {
    Dataset train = data.train();
    return spec.withInput(train.channels(), train.height(), train.width())
        .withClasses(train.classes().size());
  }

  /** A setting of depths that there are such networks of, the shallowest first. */
  static List<Integer> depths(Settings settings, String name) {
    return settings.integers(name, 8).stream().map(Networks::requireDepth).sorted().toList();
  }

  /** Whether the residual network of that name has no shortcuts. */
  static boolean isPlain(String name) {
    return Models.resnet(name).block().shortcut() == Shortcut.NONE;
  }

  /** The depth itself, if there are such networks. */
  static int requireDepth(int depth) {
    blocks(depth, Block.BASIC);
    return depth;
  }

  /**
   * The blocks in each of the three stages of a network.
   *
   * @param depth its layers: one before the blocks, one behind them, and their convolutions
   * @throws InvalidInputException if there is none of that depth
   */
  static int blocks(int depth, Block kind) {
    int layers = 3 * kind.convolutions();
    if (depth < 2 + layers || (depth - 2) % layers != 0) {
      throw new InvalidInputException(
          "depth "
              + depth
              + ": these networks have "
              + layers
              + "n + 2 layers; give "
              + (kind == Block.BOTTLENECK ? "20, 29, 56, 110 or 164" : "20, 32, 44, 56 or 110"));
    }
    return (depth - 2) / layers;
  }

  static Activation activation(String name) {
    return Activation.valueOf(name.toUpperCase(Locale.ROOT));
  }

  static Norm norm(String name) {
    return Norm.of(name.equals("batch") ? Norm.Kind.BATCH : Norm.Kind.NONE);
  }

  /** The same in all layers. */
  static Initialisation initialisation(String name) {
    Initialiser initialiser =
        switch (name) {
          case "he" -> Initialiser.HE_FAN_IN;
          case "xavier" -> Initialiser.XAVIER;
          default -> Initialiser.ORTHOGONAL;
        };
    return new Initialisation(initialiser, initialiser);
  }
}
