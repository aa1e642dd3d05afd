package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.PictureSize;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Precision;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What must hold before a run touches the disk or takes memory. */
final class Requirements {
  private Requirements() {}

  static void fit(ModelSpec spec, DataSplits data) {
    PictureSize input = new PictureSize(spec.channels(), spec.height(), spec.width());
    if (!input.equals(data.train().pictureSize())) {
      throw new InvalidInputException(
          spec.name()
              + ": takes pictures of "
              + input
              + ", the data has "
              + data.train().pictureSize()
              + "; adapt the network with withInput");
    }
    if (spec.classes() != data.train().classes().size()) {
      throw new InvalidInputException(
          spec.name()
              + ": tells "
              + spec.classes()
              + " classes apart, the data has "
              + data.train().classes().size()
              + "; adapt the network with withClasses");
    }
  }

  static void finite(Model model) {
    model
        .state()
        .forEach(
            (path, tensor) -> {
              if (!Diagnosis.finite(tensor)) {
                throw new InvalidInputException(
                    model.spec().name()
                        + ": "
                        + path
                        + " is not finite; give other weights to begin with");
              }
            });
  }

  /**
   * A network as it is evaluated and stored: for other pictures than it learns from, where a recipe
   * says so.
   *
   * @param seen pictures as evaluation sees them
   * @throws InvalidInputException if it has other weights for such pictures, or they cannot be
   *     normalised as those of training are
   */
  static ModelSpec evaluated(ModelSpec spec, PictureSize seen, Normalisation normalisation) {
    ModelSpec as = spec.withInput(seen.channels(), seen.height(), seen.width());
    if (!as.stateShapes().equals(spec.stateShapes())) {
      throw new InvalidInputException(
          spec.name()
              + ": has other weights for pictures of "
              + seen
              + ", the recipe's evalSize; set evalSize=0, or train a network that ends in a global"
              + " pool");
    }
    if (normalisation.isPerPixel() && normalisation.mean().size() != seen.samples()) {
      throw new InvalidInputException(
          "recipe: the mean picture of training does not fit pictures of "
              + seen
              + ", the recipe's evalSize; set evalSize=0, or normalisation=per_channel");
    }
    return as;
  }

  /**
   * What a run computes in: what was asked for, else what the recipe says, in f32 where the machine
   * has no instructions for that.
   */
  static Precision precision(Backend backend, Optional<Precision> asked, Precision usual) {
    boolean quick = backend.precisions().contains(usual) && !backend.emulated().contains(usual);
    Precision precision = asked.orElse(quick ? usual : Precision.F32).forTraining();
    if (!backend.precisions().contains(precision)) {
      throw new InvalidInputException(
          "precision "
              + precision
              + ": backend "
              + backend.name()
              + " computes in "
              + trained(backend)
              + " on this machine; choose one of these");
    }
    return precision;
  }

  private static Set<Precision> trained(Backend backend) {
    Set<Precision> trained = new TreeSet<>(backend.precisions());
    trained.remove(Precision.INT8);
    return trained;
  }

  static void batch(int batch, Dataset training) {
    if (batch > training.size()) {
      throw new InvalidInputException(
          "batch "
              + batch
              + ": larger than the training set of "
              + training.size()
              + " pictures; give a batch of at most that");
    }
  }

  static void validation(EarlyStopping stopping, DataSplits.HeldOut parts) {
    if (stopping.patience() > 0 && parts.validation().isEmpty()) {
      throw new InvalidInputException(
          "patience "
              + stopping.patience()
              + ": nothing is held out to stop by; give a validation split above 0, or patience 0");
    }
  }
}
