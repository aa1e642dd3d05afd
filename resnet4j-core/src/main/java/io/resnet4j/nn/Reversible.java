package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Value;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Reversible blocks (Gomez et al., arXiv:1707.04585): the channels are split into halves x1 and x2,
 * and y1 = x1 + F(x2), y2 = x2 + G(y1), so that a block that keeps the shape can be undone: x2 = y2
 * - G(y1), x1 = y1 - F(x2).
 */
public final class Reversible {
  private Reversible() {}

  /**
   * One coupling: {@code carried} plus {@code branch} of {@code read}, at {@code path.add}; its
   * gradient rebuilds {@code carried} instead of keeping it.
   *
   * @param branch writes F or G; reads its argument and parameters only
   */
  public static Value couple(
      GraphBuilder g, String path, Value carried, Value read, UnaryOperator<Value> branch) {
    return g.couple(path + ".add", branch.apply(read), carried, read);
  }

  /** The blocks of a stage, one after another, on the halves of {@code x}; their concatenation. */
  static Value stage(GraphBuilder g, String path, Value x, List<BlockSpec> blocks) {
    int channels = x.shape().dim(1);
    if (channels % 2 != 0 || blocks.stream().anyMatch(b -> b.width() % 2 != 0)) {
      throw new InvalidInputException(
          path + ": a reversible stage halves its channels; expected even widths");
    }
    Value first = g.slice(path + ".first", x, 0, channels / 2);
    Value second = g.slice(path + ".second", x, channels / 2, channels);
    for (int i = 0; i < blocks.size(); i++) {
      BlockSpec b = blocks.get(i);
      BlockSpec f = b.half(b.stride(), b.entry());
      BlockSpec h = b.half(1, BlockSpec.Entry.OWN);
      String atF = path + "." + i + ".f";
      String atG = path + "." + i + ".g";
      Value carried = Shortcuts.shortcut(g, atF + ".downsample", first, f);
      first = couple(g, atF, carried, second, v -> branch(g, atF, v, f));
      carried = Shortcuts.shortcut(g, atG + ".downsample", second, f);
      second = couple(g, atG, carried, first, v -> branch(g, atG, v, h));
    }
    return g.concat(path + ".out", List.of(first, second));
  }

  private static Value branch(GraphBuilder g, String path, Value x, BlockSpec b) {
    return Blocks.branch(g, path, Blocks.enter(g, path, x, b), b);
  }
}
