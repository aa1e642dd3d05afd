package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.model.Counts;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.Norm;
import java.util.List;
import java.util.function.ToLongFunction;

/** Makes networks of different designs cost alike, by their width. */
final class Widths {
  static final String NONE = "none";
  static final List<String> MEASURES = List.of("parameters", "multiplyadds", NONE);

  private Widths() {}

  private static ToLongFunction<Counts> measure(String name) {
    return name.equals("parameters") ? Counts::parameters : Counts::macs;
  }

  /**
   * A network as wide as it takes to cost what {@code like} costs, as nearly as whole channels let
   * it; the proportions of its stages stay.
   *
   * @param measure one of {@link #MEASURES}
   */
  static ResNetSpec matched(ResNetSpec spec, ResNetSpec like, String measure) {
    if (measure.equals(NONE)) {
      return spec;
    }
    ToLongFunction<Counts> cost = measure(measure);
    long wanted = cost.applyAsLong(like.counts());
    int step = step(spec);
    ResNetSpec below = wide(spec, step);
    for (int width = 2 * step; ; width += step) {
      ResNetSpec wider = wide(spec, width);
      long costs = cost.applyAsLong(wider.counts());
      if (costs >= wanted) {
        return costs - wanted < wanted - cost.applyAsLong(below.counts()) ? wider : below;
      }
      below = wider;
    }
  }

  /** Groups must divide widths; so must the halves of a reversible block. */
  private static int step(ResNetSpec spec) {
    Norm norm = spec.block().norm();
    int groups = norm.kind() == Norm.Kind.GROUP ? norm.groups() : 1;
    return Math.max(groups, spec.block().reversible() ? 2 : 1);
  }

  private static ResNetSpec wide(ResNetSpec spec, int first) {
    int before = spec.widths().get(0);
    return spec.withWidths(
        spec.widths().stream()
            .map(width -> Math.max(1, (int) Math.round((double) width * first / before)))
            .toList());
  }

  /**
   * A named network with fewer blocks.
   *
   * @param divisor of the blocks of each stage; 1 leaves any network as it is
   * @throws InvalidInputException if there is none of that name, it is not made of blocks, or the
   *     divisor does not divide them
   */
  static ModelSpec shortened(String name, int divisor) {
    return divisor == 1 ? Models.named(name) : shortened(Models.resnet(name), divisor);
  }

  /** The same of a network at hand. */
  static ResNetSpec shortened(ResNetSpec spec, int divisor) {
    if (spec.blocks().stream().anyMatch(blocks -> blocks % divisor != 0)) {
      throw new InvalidInputException(
          spec.name()
              + ": has "
              + spec.blocks()
              + " blocks a stage, which "
              + divisor
              + " does not divide; give shrink=1");
    }
    return spec.withBlocks(spec.blocks().stream().map(blocks -> blocks / divisor).toList());
  }
}
