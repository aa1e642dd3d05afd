package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A way to find out what in a picture speaks for a class. */
public enum Explanation {
  /**
   * Channels of a late layer weighted by the mean derivative of the logit by them, what is positive
   * of their sum (Selvaraju et al. 2017).
   */
  GRAD_CAM("grad-cam"),
  /**
   * The same with weights that count each place once, for several objects of a class (Chattopadhyay
   * et al. 2018).
   */
  GRAD_CAM_PLUS_PLUS("grad-cam++"),
  /** How far the probability falls when a patch is hidden (Zeiler and Fergus 2014). */
  OCCLUSION("occlusion"),
  /**
   * The derivative of the logit by the input, averaged over noisy copies; of each pixel the largest
   * absolute value of its channels (Smilkov et al. 2017).
   */
  SMOOTH_GRAD("smoothgrad");

  private final String word;

  Explanation(String word) {
    this.word = word;
  }

  /** All names, as on the command line. */
  public static List<String> names() {
    return Arrays.stream(values()).map(Explanation::toString).toList();
  }

  /**
   * The explanation called {@code name} in any case.
   *
   * @throws InvalidInputException if there is none
   */
  public static Explanation named(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(each -> each.word.equals(lower))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "explanation '"
                        + name
                        + "' is unknown; use "
                        + String.join(", ", names())
                        + Nearest.suggestion(lower, names())));
  }

  /** Such as {@code grad-cam}. */
  @Override
  public String toString() {
    return word;
  }
}
