package io.resnet4j.lab;

import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Normalisation;
import java.nio.file.Path;
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
  /** So many pictures of the training set. */
  Pictures pictures(int count) {
    return Pictures.of(data.train(), count, normalisation);
  }
}
