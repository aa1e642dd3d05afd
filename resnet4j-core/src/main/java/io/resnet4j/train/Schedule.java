package io.resnet4j.train;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.resnet4j.InvalidInputException;
import java.util.List;

/** How the learning rate moves over a run: a pure function of the step. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Schedule.Constant.class, name = "constant"),
  @JsonSubTypes.Type(value = Schedule.MultiStep.class, name = "multistep"),
  @JsonSubTypes.Type(value = Schedule.Cosine.class, name = "cosine"),
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
   */
  record Run(long steps, long stepsPerEpoch, long begin) {
    /** Checks the ranges. */
    public Run {
      if (steps < 1 || stepsPerEpoch < 1 || begin < 0) {
        throw new IllegalArgumentException(
            "run of " + steps + " steps, " + stepsPerEpoch + " an epoch, begun at " + begin);
      }
    }

    /** A run without anything in front of its schedule. */
    public static Run of(long steps, long stepsPerEpoch) {
      return new Run(steps, stepsPerEpoch, 0);
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
      if (!(factor > 0) || Double.isInfinite(factor)) {
        throw new InvalidInputException(
            "schedule multistep: factor " + factor + ": give a number above 0, such as 0.1");
      }
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
      if (!(floor >= 0 && floor <= 1)) {
        throw new InvalidInputException(
            "schedule cosine: floor " + floor + ": give a share in [0, 1]");
      }
    }

    @Override
    public double factor(long step, Run run) {
      double length = Math.max(1, run.steps() - run.begin());
      double done = Math.min(1, Math.max(0, (step - run.begin()) / length));
      // StrictMath: the same learning rates, and so the same run, on every machine.
      return floor + (1 - floor) * (1 + StrictMath.cos(Math.PI * done)) / 2;
    }
  }

  /**
   * A straight line from {@code start} to 1 in front of another schedule (Goyal et al.,
   * arXiv:1706.02677, section 2.2): start + (1 - start) t / length at step t, as PyTorch's {@code
   * LinearLR}. From step {@code length} on the other schedule holds, begun there.
   *
   * @param length of the warm-up; never more than the run
   * @param start factor at step 0, in [0, 1]
   * @param then the schedule behind it
   */
  record WarmUp(Extent length, double start, Schedule then) implements Schedule {
    /** Checks the range. */
    public WarmUp {
      if (!(start >= 0 && start <= 1)) {
        throw new InvalidInputException(
            "schedule warmup: start " + start + ": give a share in [0, 1]");
      }
      if (then instanceof WarmUp) {
        throw new InvalidInputException("schedule warmup: one warm-up is enough");
      }
    }

    @Override
    public double factor(long step, Run run) {
      long steps = Math.min(run.steps(), length.inSteps(run.steps(), run.stepsPerEpoch()));
      if (step < steps) {
        return start + (1 - start) * step / steps;
      }
      return then.factor(step, new Run(run.steps(), run.stepsPerEpoch(), run.begin() + steps));
    }
  }
}
