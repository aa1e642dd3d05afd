package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether an explanation depends on what a network has learned: the cascading randomisation of
 * Adebayo et al. 2018 (section 3.1). The parameters of the network are drawn afresh from the head
 * down, one part after the other, until none is left, and each time the same class of the same
 * picture is explained again. A map that stays as it was cannot tell why the network answers as it
 * does. A part drawn afresh has the weights and running statistics of a network before training.
 */
public final class SanityCheck {
  /** Maps less alike than this, once all is random, depend on the network. */
  public static final double UNLIKE = 0.3;

  /** Maps more alike than this do not. The paper has no such bounds; it looks at the maps. */
  public static final double ALIKE = 0.5;

  private SanityCheck() {}

  /** What comes of it. */
  public enum Verdict {
    /** Another picture: the method looks at what was learned. */
    PASSED,
    /** Much the same picture: the method shows the input rather than what was learned. */
    FAILED,
    /** Between the two. */
    UNDECIDED,
    /** The map of the trained network says nothing, so that nothing can be compared with it. */
    BLANK
  }

  /**
   * The network with everything from the head down to a part random.
   *
   * @param part the last part that was drawn afresh, by the first word of its path, such as {@code
   *     layer3}, or the path of the head
   * @param maps one a draw
   * @param rankCorrelation mean over the draws of Spearman's correlation with the trained network's
   *     map; a map of equal numbers counts as 0
   * @param structure mean structural similarity of the two as pictures of the input's size
   */
  public record Step(String part, List<HeatMap> maps, double rankCorrelation, double structure) {
    /** Copies the list. */
    public Step {
      maps = List.copyOf(maps);
    }
  }

  /**
   * The check of one explanation.
   *
   * @param trained the map of the network as it is
   * @param steps from the head alone to the whole network
   */
  public record Outcome(HeatMap trained, List<Step> steps) {
    /** Copies the list. */
    public Outcome {
      steps = List.copyOf(steps);
    }

    /** By the rank correlation once all is random. */
    public Verdict verdict() {
      float[] values = trained.toFloats();
      boolean blank = true;
      for (float value : values) {
        blank &= value == values[0];
      }
      double left = steps.get(steps.size() - 1).rankCorrelation();
      return blank
          ? Verdict.BLANK
          : left < UNLIKE ? Verdict.PASSED : left > ALIKE ? Verdict.FAILED : Verdict.UNDECIDED;
    }
  }

  /**
   * Checks one explanation.
   *
   * @param predictor of {@code model}'s own; its weights are those of the model again afterwards
   * @param explanations over that predictor
   * @param image [C,H,W], normalised, from the buffer's position on, which stays as it is
   * @param target index of the class
   * @param seed of the random networks
   * @param draws random networks at each step, at least 1; nobody else may use the predictor
   *     meanwhile
   * @throws InvalidInputException as {@link Explanations#explain}, or if the network computes with
   *     8-bit codes
   * @throws IllegalStateException if a random network's derivatives are not finite, as can be with
   *     many hundreds of layers
   */
  public static Outcome run(
      Model model,
      Predictor predictor,
      Explanations explanations,
      Explanation how,
      FloatBuffer image,
      int target,
      long seed,
      int draws) {
    if (predictor.precision() == Precision.INT8) {
      throw new InvalidInputException(
          "model "
              + model.spec().name()
              + ": 8-bit codes cannot be drawn afresh; check the weights that it was made from");
    }
    if (draws < 1) {
      throw new InvalidInputException("sanity check: " + draws + " draws; give at least 1");
    }
    HeatMap trained = explanations.explain(how, image, target);
    Map<String, Set<String>> parts = parts(model.spec());
    Map<String, List<HeatMap>> maps = new LinkedHashMap<>();
    try {
      for (int draw = 0; draw < draws; draw++) {
        Map<String, Tensor> fresh = model.spec().initialise(seed + draw).state();
        predictor.overwrite(model.state());
        for (Map.Entry<String, Set<String>> part : parts.entrySet()) {
          Map<String, Tensor> some = new LinkedHashMap<>();
          part.getValue().forEach(path -> some.put(path, fresh.get(path)));
          predictor.overwrite(some);
          maps.computeIfAbsent(part.getKey(), name -> new ArrayList<>())
              .add(explanations.explain(how, image, target));
        }
      }
    } finally {
      predictor.overwrite(model.state());
    }
    List<Step> steps = new ArrayList<>();
    maps.forEach((part, some) -> steps.add(step(model.spec(), part, trained, some)));
    return new Outcome(trained, steps);
  }

  private static Step step(ModelSpec spec, String part, HeatMap trained, List<HeatMap> maps) {
    double ranks = 0;
    double structure = 0;
    for (HeatMap map : maps) {
      double each = trained.rankCorrelation(map);
      ranks += (Double.isNaN(each) ? 0 : each) / maps.size();
      structure +=
          trained
                  .normalised()
                  .resize(spec.height(), spec.width())
                  .structuralSimilarity(map.normalised().resize(spec.height(), spec.width()))
              / maps.size();
    }
    return new Step(part, maps, ranks, structure);
  }

  /**
   * Paths of parameters and buffers by the part that they belong to, from the head to the stem: the
   * head alone, then what has the first word of its path in common.
   */
  static Map<String, Set<String>> parts(ModelSpec spec) {
    Graph graph = spec.graph(1);
    String head = spec.head();
    Map<String, Set<String>> parts = new LinkedHashMap<>();
    List<Node> nodes = graph.nodes();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (node.op() instanceof Op.Parameter || node.op() instanceof Op.Buffer) {
        String path = node.path();
        boolean ofHead = !head.isEmpty() && path.startsWith(head + ".");
        int dot = path.indexOf('.');
        String part = ofHead ? head : dot < 0 ? path : path.substring(0, dot);
        parts.computeIfAbsent(part, name -> new LinkedHashSet<>()).add(path);
      }
    }
    Map<String, Set<String>> ordered = new LinkedHashMap<>();
    if (parts.containsKey(head)) {
      ordered.put(head, parts.get(head));
    }
    parts.forEach(ordered::putIfAbsent);
    return ordered;
  }
}
