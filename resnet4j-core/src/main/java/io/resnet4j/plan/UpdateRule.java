package io.resnet4j.plan;

import io.resnet4j.InvalidInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How gradients move parameters; the closed family of optimisers. In the formulas w is a parameter,
 * g its gradient, rate the group's learning rate, and t counts updates from 1. The penalty p =
 * weightDecay w + l1 sign(w) is that of the group: coupled rules add it to g; decoupled rules take
 * rate p from w beside their own step.
 */
public sealed interface UpdateRule {
  /** Namespaces of the state that the rule keeps for each parameter, zero at the start. */
  List<String> slots();

  /** Calls the visitor's method for this rule. */
  <R> R accept(Visitor<R> visitor);

  /** The slot of SGD, LARS, Muon and RMSprop for the velocity. */
  String VELOCITY = "momentum";

  /** The slot of Adam and LAMB for the mean of gradients. */
  String FIRST_MOMENT = "exp_avg";

  /** The slot of Adam, LAMB and RMSprop for the mean of squared gradients. */
  String SECOND_MOMENT = "exp_avg_sq";

  /** The slot of a centred RMSprop for the mean of gradients. */
  String MEAN_GRADIENT = "grad_avg";

  /** Every namespace that some rule keeps. */
  Set<String> ALL_SLOTS = Set.of(VELOCITY, FIRST_MOMENT, SECOND_MOMENT, MEAN_GRADIENT);

  /** One method per rule, so that the compiler finds what a backend forgot. */
  interface Visitor<R> {
    /** Stochastic gradient descent. */
    R visit(Sgd rule);

    /** Adam and AdamW. */
    R visit(Adam rule);

    /** RMSprop. */
    R visit(RmsProp rule);

    /** LARS. */
    R visit(Lars rule);

    /** LAMB. */
    R visit(Lamb rule);

    /** Muon. */
    R visit(Muon rule);
  }

  private static void require(boolean holds, String name, double value, String expected) {
    if (!holds) {
      throw new InvalidInputException(name + " " + value + ": give " + expected);
    }
  }

  private static void requireShare(String name, double value) {
    require(value >= 0 && value < 1, name, value, "a number in [0, 1)");
  }

  private static void requirePositive(String name, double value) {
    require(value > 0 && !Double.isInfinite(value), name, value, "a number above 0");
  }

  /**
   * Stochastic gradient descent with momentum, as PyTorch defines it: g += p; v = momentum v + g; w
   * -= rate (nesterov ? g + momentum v : v).
   *
   * @param momentum in [0, 1)
   * @param nesterov whether to look ahead (Sutskever et al., ICML 2013)
   */
  record Sgd(double momentum, boolean nesterov) implements UpdateRule {
    /** Checks the range. */
    public Sgd {
      requireShare("momentum", momentum);
      if (nesterov && momentum == 0) {
        throw new InvalidInputException("nesterov: needs a momentum above 0");
      }
    }

    @Override
    public List<String> slots() {
      return momentum == 0 ? List.of() : List.of(VELOCITY);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /**
   * Adam (Kingma and Ba, arXiv:1412.6980) and, decoupled, AdamW (Loshchilov and Hutter,
   * arXiv:1711.05101), as PyTorch defines them: m = beta1 m + (1 - beta1) g; v = beta2 v + (1 -
   * beta2) g g; w -= rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon).
   *
   * @param beta1 in [0, 1)
   * @param beta2 in [0, 1)
   * @param epsilon above 0
   * @param decoupled whether the penalty bypasses the moments, as in AdamW
   */
  record Adam(double beta1, double beta2, double epsilon, boolean decoupled) implements UpdateRule {
    /** Checks the ranges. */
    public Adam {
      requireShare("beta1", beta1);
      requireShare("beta2", beta2);
      requirePositive("epsilon", epsilon);
    }

    @Override
    public List<String> slots() {
      return List.of(FIRST_MOMENT, SECOND_MOMENT);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /**
   * RMSprop as PyTorch defines it: g += p; s = alpha s + (1 - alpha) g g; centred: a = alpha a + (1
   * - alpha) g and d = sqrt(s - a a) + epsilon, else d = sqrt(s) + epsilon; w -= rate g / d, or
   * with momentum b = momentum b + g / d and w -= rate b.
   *
   * @param alpha in [0, 1)
   * @param epsilon above 0
   * @param momentum in [0, 1)
   * @param centred whether gradients are scaled by their deviation instead of their size
   */
  record RmsProp(double alpha, double epsilon, double momentum, boolean centred)
      implements UpdateRule {
    /** Checks the ranges. */
    public RmsProp {
      requireShare("alpha", alpha);
      requirePositive("epsilon", epsilon);
      requireShare("momentum", momentum);
    }

    @Override
    public List<String> slots() {
      List<String> slots = new ArrayList<>(List.of(SECOND_MOMENT));
      if (momentum > 0) {
        slots.add(VELOCITY);
      }
      if (centred) {
        slots.add(MEAN_GRADIENT);
      }
      return List.copyOf(slots);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /**
   * LARS (You et al., arXiv:1708.03888, algorithm 1, momentum placed as in PyTorch's SGD): a
   * tensor's trust ratio is trust |w| / (|g| + weightDecay |w|), 1 where |w| or |g| is zero; v =
   * momentum v + ratio (g + p); w -= rate (nesterov ? ratio (g + p) + momentum v : v). Groups
   * without weight decay, which hold norms and biases, take a ratio of 1, as is usual.
   *
   * @param momentum in [0, 1)
   * @param nesterov whether to look ahead
   * @param trust the coefficient eta, above 0, such as 0.001
   */
  record Lars(double momentum, boolean nesterov, double trust) implements UpdateRule {
    /** Checks the ranges. */
    public Lars {
      requireShare("momentum", momentum);
      requirePositive("trust", trust);
    }

    @Override
    public List<String> slots() {
      return List.of(VELOCITY);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /**
   * LAMB (You et al., arXiv:1904.00962, algorithm 2): with Adam's bias-corrected m and v, r = m /
   * (sqrt(v) + epsilon) + p; w -= rate (|w| / |r|) r, the ratio being 1 where a norm is zero.
   * Groups without weight decay take a ratio of 1, as timm's LAMB does.
   *
   * @param beta1 in [0, 1)
   * @param beta2 in [0, 1)
   * @param epsilon above 0
   */
  record Lamb(double beta1, double beta2, double epsilon) implements UpdateRule {
    /** Checks the ranges. */
    public Lamb {
      requireShare("beta1", beta1);
      requireShare("beta2", beta2);
      requirePositive("epsilon", epsilon);
    }

    @Override
    public List<String> slots() {
      return List.of(FIRST_MOMENT, SECOND_MOMENT);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /**
   * Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon), for tensors of two dimensions or
   * more, seen as a matrix of dim 0 rows: v = momentum v + (1 - momentum) g; u = nesterov ? (1 -
   * momentum) g + momentum v : v; u is brought near the closest orthogonal matrix by {@value
   * #ITERATIONS} Newton-Schulz steps; w -= rate (sqrt(max(1, rows / columns)) u + p). The penalty
   * is decoupled.
   *
   * @param momentum in [0, 1)
   * @param nesterov whether to look ahead
   */
  record Muon(double momentum, boolean nesterov) implements UpdateRule {
    /** Newton-Schulz steps. */
    public static final int ITERATIONS = 5;

    /** X' = A X + (B X X^T + C (X X^T)^2) X. */
    public static final double A = 3.4445;

    /** See {@link #A}. */
    public static final double B = -4.7750;

    /** See {@link #A}. */
    public static final double C = 2.0315;

    /** Smallest norm that u is divided by before the first step. */
    public static final double EPSILON = 1e-7;

    /** Checks the range. */
    public Muon {
      requireShare("momentum", momentum);
    }

    @Override
    public List<String> slots() {
      return List.of(VELOCITY);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /**
   * Parameters that share a rule and its hyperparameters.
   *
   * @param rule how they move
   * @param paths the parameters
   * @param learningRate of this step
   * @param weightDecay coefficient of w in the penalty
   * @param l1 coefficient of sign(w) in the penalty; at least 0
   */
  record Group(
      UpdateRule rule, Set<String> paths, double learningRate, double weightDecay, double l1) {
    /** Copies the set; its order is that of the names, so that no run depends on a hash. */
    public Group {
      paths = Collections.unmodifiableSet(new TreeSet<>(paths));
      require(l1 >= 0 && !Double.isInfinite(l1), "l1", l1, "a number of at least 0");
    }

    /** Without an L1 penalty. */
    public Group(UpdateRule rule, Set<String> paths, double learningRate, double weightDecay) {
      this(rule, paths, learningRate, weightDecay, 0);
    }

    /** The same at another learning rate. */
    public Group at(double newLearningRate) {
      return new Group(rule, paths, newLearningRate, weightDecay, l1);
    }
  }
}
