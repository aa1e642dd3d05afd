package io.resnet4j.app;

import io.resnet4j.lab.Findings;

/**
 * How a table of claims is headed, and what stands for each verdict.
 *
 * @param source of who claims
 * @param claim of what
 * @param measured of what was measured
 * @param verdict of the last column
 * @param agrees for {@link Findings.Verdict#AGREES}
 * @param differs for {@link Findings.Verdict#DIFFERS}
 * @param notMeasured for {@link Findings.Verdict#NOT_MEASURED}
 */
record ClaimWords(
    String source,
    String claim,
    String measured,
    String verdict,
    String agrees,
    String differs,
    String notMeasured) {
  static final ClaimWords ENGLISH =
      new ClaimWords(
          "source", "claim", "measured here", "verdict", "agrees", "differs", "not measured");

  /** A verdict with its sign. */
  String of(Findings.Verdict verdict) {
    return switch (verdict) {
      case AGREES -> "&#10003; " + agrees;
      case DIFFERS -> "&#10007; " + differs;
      case NOT_MEASURED -> "&ndash; " + notMeasured;
    };
  }
}
