package io.resnet4j.lab;

import java.util.List;

/**
 * What an experiment came to.
 *
 * @param claims what its source found, each beside what was measured
 * @param charts of the numbers
 * @param notes on what the numbers mean, and what they do not
 */
public record Findings(List<Claim> claims, List<Chart> charts, List<String> notes) {
  /** Of no numbers. */
  static final Findings NONE = new Findings(List.of(), List.of(), List.of());

  /** Copies the lists. */
  public Findings {
    claims = List.copyOf(claims);
    charts = List.copyOf(charts);
    notes = List.copyOf(notes);
  }

  /**
   * A claim.
   *
   * @param source who claims it
   * @param claim what is claimed
   * @param measured what was measured here
   * @param verdict how the two go together
   */
  public record Claim(String source, String claim, String measured, Verdict verdict) {
    static Claim of(String source, String claim, String measured, boolean holds) {
      return new Claim(source, claim, measured, holds ? Verdict.AGREES : Verdict.DIFFERS);
    }

    /**
     * A claim that a difference is above zero; left open where it is not larger than what seeds
     * make of it, or where nothing is known of that.
     *
     * @param uncertainty half the width of the difference's interval; NaN for one run
     */
    static Claim between(
        String source, String claim, String measured, double difference, double uncertainty) {
      String open =
          !Double.isFinite(difference)
              ? "; what is not finite cannot be compared"
              : Double.isNaN(uncertainty)
                  ? "; one run cannot tell"
                  : Math.abs(difference) <= uncertainty ? "; these seeds cannot tell" : "";
      return open.isEmpty()
          ? of(source, claim, measured, difference > 0)
          : new Claim(source, claim, measured + open, Verdict.NOT_MEASURED);
    }

    /**
     * A claim that one mean over seeds is below another; left open as {@link #between} does.
     *
     * @param less what is claimed to be the smaller, a number for each seed
     * @param more what is claimed to be the larger
     */
    static Claim below(String source, String claim, String measured, double[] less, double[] more) {
      return between(
          source,
          claim,
          measured,
          Stats.mean(more) - Stats.mean(less),
          Math.hypot(Stats.interval(less), Stats.interval(more)));
    }

    static Claim open(String source, String claim) {
      return new Claim(source, claim, "not measured with these settings", Verdict.NOT_MEASURED);
    }
  }

  /** How a measurement goes together with a claim. */
  public enum Verdict {
    /** It bears the claim out. */
    AGREES,
    /** It does not. */
    DIFFERS,
    /** The settings left it out, or too few seeds cannot tell. */
    NOT_MEASURED
  }
}
