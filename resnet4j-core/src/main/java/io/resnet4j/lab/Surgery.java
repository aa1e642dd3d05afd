package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.Initialiser;
import io.resnet4j.nn.Norm;
import io.resnet4j.nn.Order;
import io.resnet4j.nn.Shortcut;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes blocks out of a trained network and changes their order, by its weights alone: a residual
 * block whose branch is zero is its shortcut; a plain block of convolutions that copy and norms
 * that do nothing is the identity; blocks of the same shape change places with their weights.
 */
final class Surgery {
  private static final double EPSILON = 1e-5;

  private final Model model;
  private final ResNetSpec spec;
  private final List<String> blocks;

  /**
   * A network to be operated on.
   *
   * @throws InvalidInputException as {@link #operable}
   */
  Surgery(Model model) {
    this.model = model;
    spec = operable(model.spec());
    blocks = paths(spec);
  }

  /**
   * A network that blocks can be taken out of.
   *
   * @throws InvalidInputException if it has no blocks, blocks that cannot be taken out so, or only
   *     plain ones that change the shape
   */
  static ResNetSpec operable(ModelSpec spec) {
    List<String> blocks = paths(spec);
    if (!(spec instanceof ResNetSpec own)
        || own.block().norm().kind() != Norm.Kind.BATCH
        || own.block().order() != Order.ORIGINAL && own.block().order() != Order.PREACTIVATION
        || own.block().reversible()) {
      throw new InvalidInputException(
          spec.name()
              + ": its blocks cannot be taken out; give a network with batch norm of the order of"
              + " 2015 or pre-activated, such as resnet56 or preresnet56");
    }
    if (own.block().shortcut() == Shortcut.NONE
        && own.block().kind() == io.resnet4j.nn.Block.BOTTLENECK) {
      throw new InvalidInputException(
          spec.name()
              + ": without shortcuts a bottleneck cannot be made to copy what enters it, since it"
              + " has fewer channels within; give a plain network of basic blocks, such as plain34");
    }
    if (removable(own, blocks).isEmpty()) {
      throw new InvalidInputException(
          spec.name()
              + ": none of its "
              + blocks.size()
              + " blocks can be taken out: without shortcuts the first of a stage cannot be; give a"
              + " network with more blocks in a stage, such as plain20");
    }
    return own;
  }

  private static List<String> paths(ModelSpec spec) {
    return Block.required(spec.graph(1), spec.name()).stream().map(Block::path).toList();
  }

  /** Every block. */
  List<String> blocks() {
    return blocks;
  }

  /** Blocks that can be taken out: all residual ones, plain ones that keep the shape. */
  List<String> removable() {
    return removable(spec, blocks);
  }

  private static List<String> removable(ResNetSpec spec, List<String> blocks) {
    return blocks.stream()
        .filter(block -> spec.block().shortcut() != Shortcut.NONE || keepsShape(block))
        .toList();
  }

  /** Blocks that can change places with another: those that keep the shape, two or more a stage. */
  List<String> movable() {
    List<String> alike = blocks.stream().filter(Surgery::keepsShape).toList();
    return alike.stream()
        .filter(
            block -> alike.stream().filter(other -> stage(other).equals(stage(block))).count() > 1)
        .toList();
  }

  /** Whether a block is not the first of its stage. */
  static boolean keepsShape(String block) {
    return !block.endsWith(".0");
  }

  /** Where a block is, such as {@code layer1}. */
  static String stage(String block) {
    return block.substring(0, block.indexOf('.'));
  }

  /** The state without these blocks. */
  Map<String, Tensor> without(List<String> removed) {
    Map<String, Tensor> state = new LinkedHashMap<>(model.state());
    for (String block : removed) {
      if (spec.block().shortcut() == Shortcut.NONE) {
        copyThrough(state, block);
      } else {
        silence(state, block);
      }
    }
    return state;
  }

  /** Zeroes the end of a branch. */
  private void silence(Map<String, Tensor> state, String block) {
    int last = spec.block().kind().convolutions();
    String end = spec.block().order() == Order.ORIGINAL ? ".bn" : ".conv";
    for (String part : List.of(".weight", ".bias")) {
      state.computeIfPresent(
          block + end + last + part, (path, tensor) -> Tensor.zeros(tensor.shape(), tensor.type()));
    }
  }

  /** Convolutions that copy and norms that do nothing; a ReLU behind leaves what is positive. */
  private void copyThrough(Map<String, Tensor> state, String block) {
    KeyedRandom none = KeyedRandom.of(0, "lab/surgery");
    for (Map.Entry<String, Tensor> entry : state.entrySet()) {
      String path = entry.getKey();
      if (!path.startsWith(block + ".")) {
        continue;
      }
      Shape shape = entry.getValue().shape();
      if (shape.rank() == 4) {
        entry.setValue(Initialiser.DIRAC.make(shape, none));
      } else {
        boolean scale = path.endsWith(".weight");
        boolean variance = path.endsWith(".running_var");
        entry.setValue(filled(shape, scale ? Math.sqrt(1 + EPSILON) : variance ? 1 : 0));
      }
    }
  }

  private static Tensor filled(Shape shape, double value) {
    float[] values = new float[(int) shape.elements()];
    Arrays.fill(values, (float) value);
    return Tensor.ofFloats(shape, values);
  }

  /**
   * The state with blocks in another order.
   *
   * @param order of {@link #blocks}: which block's weights each place gets; places and blocks must
   *     be of the same shape
   */
  Map<String, Tensor> reordered(int[] order) {
    Map<String, Tensor> state = new LinkedHashMap<>(model.state());
    for (int place = 0; place < order.length; place++) {
      String to = blocks.get(place) + ".";
      String from = blocks.get(order[place]) + ".";
      if (!to.equals(from)) {
        state.replaceAll(
            (path, tensor) ->
                path.startsWith(to)
                    ? model.state().get(from + path.substring(to.length()))
                    : tensor);
      }
    }
    return state;
  }

  /** Kendall's tau between an order and the original one. */
  static double kendall(int[] order) {
    int concordant = 0;
    int pairs = 0;
    for (int i = 0; i < order.length; i++) {
      for (int j = i + 1; j < order.length; j++) {
        pairs++;
        concordant += order[i] < order[j] ? 1 : -1;
      }
    }
    return pairs == 0 ? 1 : (double) concordant / pairs;
  }
}
