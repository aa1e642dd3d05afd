package io.resnet4j.lab;

import io.resnet4j.data.Batch;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Normalisation;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.stream.IntStream;

/**
 * Pictures to look at, not augmented.
 *
 * @param images [N,C,H,W], normalised
 * @param targets [N,K]
 */
record Pictures(Tensor images, Tensor targets) {
  /** As many as wanted, or as there are, spread evenly over a data set. */
  static Pictures of(Dataset data, int wanted, Normalisation normalisation) {
    int count = Math.min(wanted, data.size());
    try (Loader loader =
        new Loader(
            spread(data, count), Loader.Options.evaluation(count, normalisation).withWorkers(0))) {
      Batch batch = loader.epoch(0).next();
      return new Pictures(
          tensor(batch.images(), count, data.channels(), data.height(), data.width()),
          tensor(batch.targets(), count, data.classes().size()));
    }
  }

  /** So many pictures, spread evenly over a data set. */
  static Dataset spread(Dataset data, int count) {
    return data.subset(
        IntStream.range(0, count).map(i -> (int) ((long) i * data.size() / count)).toArray());
  }

  /**
   * As many as wanted, or as there are, spread evenly and less those that would not fill a batch,
   * so that one plan is enough.
   */
  static Dataset wholeBatches(Dataset data, int wanted, int batch) {
    return spread(data, Math.max(1, Math.min(wanted, data.size()) / batch) * batch);
  }

  private static Tensor tensor(FloatBuffer from, int... dims) {
    float[] values = new float[from.remaining()];
    from.get(values);
    return Tensor.ofFloats(Shape.of(dims), values);
  }

  /** How many there are. */
  int count() {
    return images.shape().dim(0);
  }
}
