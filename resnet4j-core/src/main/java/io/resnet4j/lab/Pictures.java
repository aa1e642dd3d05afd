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
    int[] indices =
        IntStream.range(0, count).map(i -> (int) ((long) i * data.size() / count)).toArray();
    try (Loader loader =
        new Loader(
            data.subset(indices), Loader.Options.evaluation(count, normalisation).withWorkers(0))) {
      Batch batch = loader.epoch(0).next();
      return new Pictures(
          tensor(batch.images(), count, data.channels(), data.height(), data.width()),
          tensor(batch.targets(), count, data.classes().size()));
    }
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
