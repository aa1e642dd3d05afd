package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;

/**
 * What keeps the scale of the activations.
 *
 * @param kind how
 * @param groups of channels, for {@link Kind#GROUP} alone
 */
public record Norm(Kind kind, int groups) {
  /** Batch norm. */
  public static final Norm BATCH = of(Kind.BATCH);

  /** The kinds of normalisation, and what stands in for one. */
  public enum Kind {
    /** Batch normalisation (Ioffe and Szegedy, arXiv:1502.03167). */
    BATCH,
    /** Group normalisation (Wu and He, arXiv:1803.08494). */
    GROUP,
    /** None; convolutions have biases (SkipInit: De and Smith, arXiv:2002.10444). */
    NONE,
    /**
     * None; scalar biases before and after each convolution, a scalar multiplier at each branch's
     * end and small weights at the start (Fixup: Zhang, Dauphin and Ma, arXiv:1901.09321).
     */
    FIXUP,
    /**
     * Weights standardised instead of activations, and branches scaled by the variance that is
     * expected at their entry (NF-ResNet: Brock, De and Smith, arXiv:2101.08692).
     */
    STANDARDISED_WEIGHTS
  }

  /** Checks the number of groups. */
  public Norm {
    if (groups < 1) {
      throw new InvalidInputException("norm: groups " + groups + "; expected at least 1");
    }
  }

  /** A norm of this kind; of 32 groups if it is in groups, as its paper has it. */
  public static Norm of(Kind kind) {
    return new Norm(kind, 32);
  }

  /** Whether it stands in the graph as an operation of its own. */
  boolean normalises() {
    return kind == Kind.BATCH || kind == Kind.GROUP;
  }
}
