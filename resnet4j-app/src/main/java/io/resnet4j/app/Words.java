package io.resnet4j.app;

import io.resnet4j.data.Views;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.train.Extent;
import io.resnet4j.train.Schedule;
import java.util.List;

/** Words for what the library keeps as data. */
final class Words {
  private Words() {}

  /** Such as {@code warm-up 1 epoch, cosine}; a warm-up that is held names its factor. */
  static String schedule(Schedule schedule) {
    if (schedule instanceof Schedule.WarmUp warmUp) {
      String begin =
          warmUp.held()
              ? "times " + warmUp.start() + " for " + warmUp.length() + ", then "
              : "warm-up " + warmUp.length() + ", ";
      return begin + schedule(warmUp.then());
    }
    if (schedule instanceof Schedule.MultiStep steps) {
      List<String> at = steps.milestones().stream().map(Extent::toString).toList();
      return "times " + steps.factor() + " at " + String.join(" and ", at);
    }
    if (schedule instanceof Schedule.Cosine cosine) {
      return cosine.floor() == 0 ? "cosine" : "cosine to " + cosine.floor();
    }
    if (schedule instanceof Schedule.Polynomial polynomial) {
      String shape =
          polynomial.power() == 1 ? "straight line" : "polynomial of power " + polynomial.power();
      return polynomial.floor() == 0 ? shape : shape + " to " + polynomial.floor();
    }
    if (schedule instanceof Schedule.Exponential exponential) {
      return "times " + exponential.factor() + " every " + exponential.every();
    }
    if (schedule instanceof Schedule.OneCycle) {
      return "one cycle";
    }
    if (schedule instanceof Schedule.OnPlateau plateau) {
      return "times " + plateau.factor() + " on plateaus of " + plateau.patience() + " epochs";
    }
    return "constant";
  }

  /** Such as {@code , mean over 2 views}; nothing for one view. */
  static String views(String name) {
    for (Views views : Views.values()) {
      if (views.name().equalsIgnoreCase(name) && views != Views.CENTRE) {
        return ", mean over " + views.count() + " views";
      }
    }
    return "";
  }

  /** Such as {@code SGD, momentum 0.9, Nesterov}. */
  static String optimiser(UpdateRule rule) {
    return rule.accept(
        new UpdateRule.Visitor<String>() {
          private String momentum(String name, double momentum, boolean nesterov) {
            return name
                + (momentum == 0 ? "" : ", momentum " + momentum)
                + (nesterov ? ", Nesterov" : "");
          }

          @Override
          public String visit(UpdateRule.Sgd sgd) {
            return momentum("SGD", sgd.momentum(), sgd.nesterov());
          }

          @Override
          public String visit(UpdateRule.Adam adam) {
            return adam.decoupled() ? "AdamW" : "Adam";
          }

          @Override
          public String visit(UpdateRule.RmsProp rmsProp) {
            return momentum("RMSprop", rmsProp.momentum(), false);
          }

          @Override
          public String visit(UpdateRule.Lars lars) {
            return momentum("LARS", lars.momentum(), lars.nesterov());
          }

          @Override
          public String visit(UpdateRule.Lamb lamb) {
            return "LAMB";
          }

          @Override
          public String visit(UpdateRule.Muon muon) {
            return momentum("Muon", muon.momentum(), muon.nesterov());
          }
        });
  }
}
