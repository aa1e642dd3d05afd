package io.resnet4j.train;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.resnet4j.InvalidInputException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How the learning rate moves over a run: a pure function of the step and, for {@link OnPlateau},
 * of how often an accuracy has stood still.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Schedule.Constant.class, name = "constant"),
  @JsonSubTypes.Type(value = Schedule.MultiStep.class, name = "multistep"),
  @JsonSubTypes.Type(value = Schedule.Cosine.class, name = "cosine"),
  @JsonSubTypes.Type(value = Schedule.Polynomial.class, name = "polynomial"),
  @JsonSubTypes.Type(value = Schedule.Exponential.class, name = "exponential"),
  @JsonSubTypes.Type(value = Schedule.OneCycle.class, name = "onecycle"),
  @JsonSubTypes.Type(value = Schedule.OnPlateau.class, name = "plateau"),
  @JsonSubTypes.Type(value = Schedule.WarmUp.class, name = "warmup")
})
public sealed interface Schedule {
  /**
   * What a schedule is laid over.
   *
   * @param steps of the whole run, at least 1
   * @param stepsPerEpoch at least 1
   * @param begin the step at which a schedule takes over from what stands in front of it; 0 without
   *     a warm-up
   * @param plateaus that have been met so far, at least 0
   */
  record Run(long steps, long stepsPerEpoch, long begin, int plateaus) {
    /** Checks the ranges. */
    public Run {
      if (steps < 1 || stepsPerEpoch < 1 || begin < 0 || plateaus < 0) {
        throw new IllegalArgumentException(
            "run of " + steps + " steps, " + stepsPerEpoch + " an epoch, begun at " + begin);
      }
    }

    /** A run without anything in front of its schedule. */
    public static Run of(long steps, long stepsPerEpoch) {
      return new Run(steps, stepsPerEpoch, 0, 0);
    }

    /** The same after some plateaus. */
    public Run after(int newPlateaus) {
      return new Run(steps, stepsPerEpoch, begin, newPlateaus);
    }

    /** Share of what lies behind {@link #begin} that is done before a step, in [0, 1]. */
    private double done(long step) {
      double length = Math.max(1, steps - begin);
      return Math.min(1, Math.max(0, (step - begin) / length));
    }
  }

  /**
   * What the recipe's learning rate is multiplied by.
   *
   * @param step of the whole run, counted from 0
   */
  double factor(long step, Run run);

  /** Always 1. */
  record Constant() implements Schedule {
    @Override
    public double factor(long step, Run run) {
      return 1;
    }
  }

  /**
   * Multiplied by {@code factor} from each milestone on, as PyTorch's {@code MultiStepLR} stepped
   * once a step. Milestones count from the beginning of the run, a warm-up included.
   *
   * @param milestones in any unit
   * @param factor above 0
   */
  record MultiStep(List<Extent> milestones, double factor) implements Schedule {
    /** Checks the factor and copies the list. */
    public MultiStep {
      milestones = List.copyOf(milestones);
      if (milestones.isEmpty()) {
        throw new InvalidInputException(
            "schedule multistep: no milestones; give some, such as 50%,75%, or use constant");
      }
      requirePositive("multistep", "factor", factor);
    }

    @Override
    public double factor(long step, Run run) {
      double product = 1;
      for (Extent milestone : milestones) {
        if (step >= milestone.inSteps(run.steps(), run.stepsPerEpoch())) {
          product *= factor;
        }
      }
      return product;
    }
  }

  /**
   * Half a cosine from 1 down to {@code floor} (Loshchilov and Hutter, arXiv:1608.03983, equation 5
   * without restarts): floor + (1 - floor)(1 + cos(pi t / T)) / 2, where t counts from the end of
   * the warm-up and T is the number of steps from there to the end. That is PyTorch's {@code
   * CosineAnnealingLR} with {@code T_max = T}, stepped once a step: the floor is reached as the
   * last step ends.
   *
   * @param floor share of the learning rate at the end, in [0, 1]
   */
  record Cosine(double floor) implements Schedule {
    /** Checks the range. */
    public Cosine {
      requireShare("cosine", "floor", floor);
    }

    @Override
    public double factor(long step, Run run) {
      return ease(1, floor, run.done(step));
    }
  }

  /** Half a cosine from {@code from} to {@code to}. */
  private static double ease(double from, double to, double done) {
    // StrictMath: the same learning rates, and so the same run, on every machine.
    return to + (from - to) * (1 + StrictMath.cos(Math.PI * done)) / 2;
  }

  private static void requireShare(String schedule, String name, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new InvalidInputException(
          "schedule " + schedule + ": " + name + " " + value + ": give a share in [0, 1]");
    }
  }

  private static void requirePositive(String schedule, String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new InvalidInputException(
          "schedule " + schedule + ": " + name + " " + value + ": give a number above 0");
    }
  }

  /**
   * floor + (1 - floor)(1 - t / T)^power, with t and T as in {@link Cosine}: PyTorch's {@code
   * PolynomialLR}; with a power of 1 a straight line, its {@code LinearLR}.
   *
   * @param power above 0
   * @param floor share of the learning rate at the end, in [0, 1]
   */
  record Polynomial(double power, double floor) implements Schedule {
    /** Checks the ranges. */
    public Polynomial {
      requirePositive("polynomial", "power", power);
      requireShare("polynomial", "floor", floor);
    }

    @Override
    public double factor(long step, Run run) {
      return floor + (1 - floor) * StrictMath.pow(1 - run.done(step), power);
    }
  }

  /**
   * Multiplied by {@code factor} after each stretch, counted from the end of the warm-up: PyTorch's
   * {@code ExponentialLR} or, stretch by stretch, {@code StepLR}.
   *
   * @param factor above 0
   * @param every how long each value holds, such as one epoch
   */
  record Exponential(double factor, Extent every) implements Schedule {
    /** Checks the factor. */
    public Exponential {
      requirePositive("exponential", "factor", factor);
    }

    @Override
    public double factor(long step, Run run) {
      long length = Math.max(1, every.inSteps(run.steps(), run.stepsPerEpoch()));
      return StrictMath.pow(factor, Math.max(0, step - run.begin()) / length);
    }
  }

  /**
   * Up from {@code start} to 1 and down to {@code end} (Smith and Topin, arXiv:1708.07120), as
   * PyTorch's {@code OneCycleLR} without its cycle of the momentum: the top is reached after {@code
   * rise} of the steps, the end with the last step.
   *
   * @param rise share of the steps that go up, in (0, 1)
   * @param start factor at step 0, in [0, 1]; 1 / {@code div_factor}
   * @param end factor at the last step, in [0, 1]; start / {@code final_div_factor}
   * @param cosine whether both ways are half cosines, else straight lines
   */
  record OneCycle(double rise, double start, double end, boolean cosine) implements Schedule {
    /** Checks the ranges. */
    public OneCycle {
      if (!(rise > 0 && rise < 1)) {
        throw new InvalidInputException(
            "schedule onecycle: rise " + rise + ": give a share in (0, 1)");
      }
      requireShare("onecycle", "start", start);
      requireShare("onecycle", "end", end);
    }

    @Override
    public double factor(long step, Run run) {
      double last = Math.max(1, run.steps() - run.begin() - 1.0);
      double top = Math.max(0, rise * (run.steps() - run.begin()) - 1);
      double at = Math.min(last, Math.max(0, step - run.begin()));
      return at < top ? between(start, 1, at / top) : between(1, end, (at - top) / (last - top));
    }

    private double between(double from, double to, double done) {
      return cosine ? ease(from, to, done) : from + (to - from) * done;
    }
  }

  /**
   * Multiplied by {@code factor} each time the accuracy has not risen for more than {@code
   * patience} epochs: PyTorch's {@code ReduceLROnPlateau} with mode {@code max} and an absolute
   * threshold. The accuracy is that of the validation split, or of the training pictures where
   * there is none.
   *
   * @param factor in (0, 1)
   * @param patience epochs without a rise that are borne, at least 0
   * @param threshold what an accuracy must be above the best to count, at least 0
   * @param floor the factor never falls below, in [0, 1]
   */
  record OnPlateau(double factor, int patience, double threshold, double floor)
      implements Schedule {
    /** Checks the ranges. */
    public OnPlateau {
      requirePositive("plateau", "factor", factor);
      requireShare("plateau", "factor", factor);
      requireShare("plateau", "threshold", threshold);
      requireShare("plateau", "floor", floor);
      if (patience < 0) {
        throw new InvalidInputException(
            "schedule plateau: patience " + patience + ": give a number of at least 0");
      }
    }

    @Override
    public double factor(long step, Run run) {
      return Math.max(floor, StrictMath.pow(factor, run.plateaus()));
    }

    /** What is known after another epoch. */
    Plateau watch(Plateau before, double accuracy) {
      if (accuracy > before.best() + threshold) {
        return new Plateau(accuracy, 0, before.met());
      }
      boolean met = before.waited() + 1 > patience;
      return new Plateau(
          before.best(), met ? 0 : before.waited() + 1, before.met() + (met ? 1 : 0));
    }
  }

  /** The plateau that a schedule watches for, behind a warm-up or not. */
  default Optional<OnPlateau> plateau() {
    if (this instanceof WarmUp warmUp) {
      return warmUp.then().plateau();
    }
    return this instanceof OnPlateau plateau ? Optional.of(plateau) : Optional.empty();
  }

  /**
   * A lower rate in front of another schedule. Either a straight line from {@code start} to 1
   * (Goyal et al., arXiv:1706.02677, section 2.2): start + (1 - start) t / length at step t, as
   * PyTorch's {@code LinearLR}; or {@code start} all the while (He et al. 2015, section 4.2, for
   * 110 layers), as its {@code ConstantLR}. From step {@code length} on the other schedule holds,
   * begun there.
   *
   * @param length of the warm-up; never more than the run
   * @param start factor at step 0, in [0, 1]
   * @param held whether it stays there until the warm-up ends
   * @param then the schedule behind it
   */
  record WarmUp(Extent length, double start, Boolean held, Schedule then) implements Schedule {
    /** Checks the range; one that does not say whether it is held is a line. */
    public WarmUp {
      held = Objects.requireNonNullElse(held, false);
      requireShare("warmup", "start", start);
      if (then instanceof WarmUp) {
        throw new InvalidInputException("schedule warmup: one warm-up is enough");
      }
    }

    /** A straight line. */
    public WarmUp(Extent length, double start, Schedule then) {
      this(length, start, false, then);
    }

    @Override
    public double factor(long step, Run run) {
      long steps = Math.min(run.steps(), length.inSteps(run.steps(), run.stepsPerEpoch()));
      if (step < steps) {
        return held ? start : start + (1 - start) * step / steps;
      }
      return then.factor(
          step, new Run(run.steps(), run.stepsPerEpoch(), run.begin() + steps, run.plateaus()));
    }
  }
}
