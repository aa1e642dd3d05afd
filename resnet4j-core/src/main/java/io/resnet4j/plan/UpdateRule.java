package io.resnet4j.plan;

import io.resnet4j.InvalidInputException;
import java.util.List;
import java.util.Set;

/** How gradients move parameters; the closed family of optimisers. */
public sealed interface UpdateRule {
  /** Namespaces of the state that the rule keeps for each parameter, zero at the start. */
  List<String> slots();

  /**
   * Stochastic gradient descent with momentum, as PyTorch defines it: g += weightDecay w; v =
   * momentum v + g; w -= learningRate (nesterov ? g + momentum v : v).
   *
   * @param momentum in [0, 1)
   * @param nesterov whether to look ahead (Sutskever et al., ICML 2013)
   */
  record Sgd(double momentum, boolean nesterov) implements UpdateRule {
    /** The slot that keeps v. */
    public static final String VELOCITY = "momentum";

    /** Checks the range. */
    public Sgd {
      if (!(momentum >= 0 && momentum < 1)) {
        throw new InvalidInputException("momentum " + momentum + ": give a number in [0, 1)");
      }
      if (nesterov && momentum == 0) {
        throw new InvalidInputException("nesterov: needs a momentum above 0");
      }
    }

    @Override
    public List<String> slots() {
      return momentum == 0 ? List.of() : List.of(VELOCITY);
    }
  }

  /**
   * Parameters that share hyperparameters.
   *
   * @param paths the parameters
   * @param learningRate of this step
   * @param weightDecay L2 coefficient added to the gradient
   */
  record Group(Set<String> paths, double learningRate, double weightDecay) {
    /** Copies the set. */
    public Group {
      paths = Set.copyOf(paths);
    }
  }
}
