package io.resnet4j.plan;

/**
 * The steps during which a value must be kept, both inclusive; steps are indices into the plan's
 * nodes.
 *
 * @param first the step that makes it
 * @param last the last step that reads it; the number of steps if it must outlive the run
 */
public record Lifetime(int first, int last) {
  /** Checks the order. */
  public Lifetime {
    if (first < 0 || last < first) {
      throw new IllegalArgumentException("lifetime " + first + ".." + last + " is reversed");
    }
  }

  /** Whether both live at some step. */
  public boolean overlaps(Lifetime other) {
    return first <= other.last && other.first <= last;
  }
}
