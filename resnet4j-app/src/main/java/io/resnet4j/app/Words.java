package io.resnet4j.app;

import io.resnet4j.train.Extent;
import io.resnet4j.train.Schedule;
import java.util.List;

/** Words for what the library keeps as data. */
final class Words {
  private Words() {}

  /** Such as {@code warm-up 1 epoch, cosine}. */
  static String schedule(Schedule schedule) {
    if (schedule instanceof Schedule.WarmUp warmUp) {
      return "warm-up " + warmUp.length() + ", " + schedule(warmUp.then());
    }
    if (schedule instanceof Schedule.MultiStep steps) {
      List<String> at = steps.milestones().stream().map(Extent::toString).toList();
      return "times " + steps.factor() + " at " + String.join(" and ", at);
    }
    if (schedule instanceof Schedule.Cosine cosine) {
      return cosine.floor() == 0 ? "cosine" : "cosine to " + cosine.floor();
    }
    return "constant";
  }
}
