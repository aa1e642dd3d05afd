package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.model.Model;
import io.resnet4j.random.KeyedRandom;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What an experiment works with.
 *
 * @param data pictures
 * @param normalisation of the pictures
 * @param seed of everything that is drawn
 * @param folder where it may keep runs
 * @param stopped whether somebody asked it to stop
 */
record Bench(
    DataSplits data, Normalisation normalisation, long seed, Path folder, BooleanSupplier stopped) {
  /** The same with pictures as a model was taught to see them, where its metadata say how. */
  Bench seenBy(Model model) {
    String json = model.metadata().get(Model.PREPROCESSING);
    return json == null
        ? this
        : seeing(PreprocessingJson.read(json, model.spec().name()).normalisation());
  }

  /** The same with pictures normalised so. */
  Bench seeing(Normalisation other) {
    return new Bench(data, other, seed, folder, stopped);
  }

  /** So many pictures of the training set. */
  Pictures pictures(int count) {
    return Pictures.of(data.train(), count, normalisation);
  }

  /**
   * With so many pictures to train on, or as many as there are: the same for every cell, so that
   * seeds differ in weights and order alone. As many others become the validation set, as far as
   * they reach.
   *
   * @param experiment its name, which the draw is keyed by
   */
  Bench limited(String experiment, int pictures) {
    Dataset train = data.train();
    int[] order = KeyedRandom.of(seed, "lab/" + experiment + "/subset").permutation(train.size());
    int count = Math.min(pictures, order.length);
    int[] others = sorted(order, count, Math.min(2 * count, order.length));
    Dataset some = train.subset(sorted(order, 0, count));
    return new Bench(
        new DataSplits(
            some,
            others.length == 0 ? Optional.empty() : Optional.of(train.subset(others)),
            data.testing(),
            data.description(),
            List.of()),
        Normalisation.perChannel(some),
        seed,
        folder,
        stopped);
  }

  /** With pictures resized, and their middle cut out, where a side is longer than that. */
  Bench atMost(int side) {
    int height = Math.min(side, data.train().height());
    int width = Math.min(side, data.train().width());
    DataSplits framed = data.framed(height, width, Math.max(height, width));
    return new Bench(framed, normalisation, seed, folder, stopped);
  }

  /**
   * Pictures that are not trained on.
   *
   * @throws InvalidInputException if the training pictures leave none
   */
  Dataset held() {
    return data.validation().orElseThrow(() -> noneHeld(data));
  }

  /** What is said where all pictures are trained on. */
  static InvalidInputException noneHeld(DataSplits data) {
    return new InvalidInputException(
        data.description()
            + ": all pictures are trained on, none is left to validate with; give fewer with --set"
            + " pictures=N");
  }

  private static int[] sorted(int[] order, int from, int to) {
    int[] part = Arrays.copyOfRange(order, from, to);
    Arrays.sort(part);
    return part;
  }
}
