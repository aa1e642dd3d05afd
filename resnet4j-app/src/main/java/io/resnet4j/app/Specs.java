package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.PictureSize;
import io.resnet4j.interop.StateDict;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Networks as the options ask for them. */
final class Specs {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,6})[xX](\\d{1,6})[xX](\\d{1,6})");

  private Specs() {}

  /**
   * The network called {@code name}, or described by the JSON file of that name, for another
   * picture or head where these are given.
   *
   * @throws InvalidInputException if there is none, or it cannot be built so
   */
  static ModelSpec named(String name, @Nullable String input, @Nullable Integer classes) {
    ModelSpec spec = named(name);
    if (input != null) {
      PictureSize size = size("--input", input);
      spec = spec.withInput(size.channels(), size.height(), size.width());
    }
    if (classes != null) {
      if (classes < 1) {
        throw new InvalidInputException("--classes " + classes + ": give a number of at least 1");
      }
      spec = spec.withClasses(classes);
    }
    return spec;
  }

  /** The network with as many classes as the head among {@code weights} tells apart. */
  static ModelSpec withHeadOf(ModelSpec spec, StateDict weights) {
    Tensor head = weights.tensors().get(spec.head() + ".weight");
    return head != null && head.shape().rank() == 2 ? spec.withClasses(head.shape().dim(0)) : spec;
  }

  /** The network called {@code name}, or described by the JSON file of that name. */
  static ModelSpec named(String name) {
    return name.endsWith(".json") ? ModelSpec.read(Path.of(name)) : Models.named(name);
  }

  /** The network with the pictures and classes of a data set. */
  static ModelSpec fitted(ModelSpec spec, Dataset data) {
    return spec.withInput(data.channels(), data.height(), data.width())
        .withClasses(data.classes().size());
  }

  /**
   * A backend that computes in {@code precision} on this machine.
   *
   * @throws InvalidInputException if there is none of that name, or it does not
   */
  static Backend backend(String name, Precision precision) {
    Backend backend = Backends.named(name);
    if (!backend.precisions().contains(precision)) {
      throw new InvalidInputException(
          "precision "
              + precision
              + ": backend "
              + name
              + " computes in "
              + backend.precisions()
              + " on this machine; choose one of these");
    }
    return backend;
  }

  /** Reads CxHxW. */
  static PictureSize size(String option, String text) {
    Matcher matcher = SIZE.matcher(text.strip());
    if (!matcher.matches()) {
      throw new InvalidInputException(
          option + " " + text + ": expected channels x height x width, such as 3x224x224");
    }
    return new PictureSize(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        Integer.parseInt(matcher.group(3)));
  }
}
