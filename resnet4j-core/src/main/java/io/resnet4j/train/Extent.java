package io.resnet4j.train;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.resnet4j.InvalidInputException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A stretch of training, or a point in it counted from the beginning.
 *
 * @param amount how many units, finite and at least 0
 * @param unit steps, epochs or share of the whole run
 */
public record Extent(double amount, Unit unit) {
  private static final Pattern TEXT =
      Pattern.compile("\\s*([0-9]*\\.?[0-9]+(?:[eE][0-9]+)?)\\s*([a-zA-Z]*|%)\\s*");

  /** What an extent is counted in. */
  public enum Unit {
    /** Updates of the parameters. */
    STEPS,
    /** Passes over the training set. */
    EPOCHS,
    /** Share of the whole run, 1 being all of it. */
    SHARE
  }

  /** Checks the range. */
  public Extent {
    if (!(amount >= 0) || Double.isInfinite(amount)) {
      throw new InvalidInputException("extent " + amount + ": give a number of at least 0");
    }
    if (unit == Unit.SHARE && amount > 1) {
      throw new InvalidInputException(
          "extent " + 100 * amount + " %: a share of training is at most 100 %");
    }
  }

  /** A number of steps. */
  public static Extent steps(long steps) {
    return new Extent(steps, Unit.STEPS);
  }

  /** A number of epochs, which need not be whole. */
  public static Extent epochs(double epochs) {
    return new Extent(epochs, Unit.EPOCHS);
  }

  /** A share of the run, from 0 to 1. */
  public static Extent share(double share) {
    return new Extent(share, Unit.SHARE);
  }

  /**
   * Reads {@code 400} or {@code 400 steps}, {@code 1.5 epochs} or {@code 1.5ep}, {@code 50%}.
   *
   * @throws InvalidInputException if the text is none of these
   */
  @JsonCreator
  public static Extent parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (matcher.matches()) {
      double amount = Double.parseDouble(matcher.group(1));
      switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
        case "", "step", "steps" -> {
          if (amount == Math.rint(amount)) {
            return new Extent(amount, Unit.STEPS);
          }
        }
        case "epoch", "epochs", "ep" -> {
          return epochs(amount);
        }
        case "%" -> {
          return share(amount / 100);
        }
        default -> {}
      }
    }
    throw new InvalidInputException(
        "'" + text + "' is no stretch of training: give '400 steps', '1.5 epochs' or '50%'");
  }

  /** The nearest whole number of steps. */
  public long inSteps(long totalSteps, long stepsPerEpoch) {
    return switch (unit) {
      case STEPS -> (long) amount;
      case EPOCHS -> Math.round(amount * stepsPerEpoch);
      case SHARE -> Math.round(amount * totalSteps);
    };
  }

  /** Such as {@code 400 steps}, {@code 1 epoch} or {@code 50%}. */
  @JsonValue
  @Override
  public String toString() {
    double shown = unit == Unit.SHARE ? 100 * amount : amount;
    String number =
        shown == Math.rint(shown) && shown < 1e15
            ? Long.toString((long) shown)
            : Double.toString(shown);
    return switch (unit) {
      case STEPS -> number + (amount == 1 ? " step" : " steps");
      case EPOCHS -> number + (amount == 1 ? " epoch" : " epochs");
      case SHARE -> number + "%";
    };
  }
}
