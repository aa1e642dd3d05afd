package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.PictureSize;
import io.resnet4j.graph.Node;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Says where in a picture a network's answer comes from. It runs further plans over the session of
 * a {@link Predictor}: batch norm uses running statistics, weights are shared, runs take turns with
 * the predictor's own. Safe for use by many threads; there is nothing to close.
 */
public final class Explanations {
  /** The noise of {@link Explanation#SMOOTH_GRAD} as a share of the input's range, as published. */
  private static final double NOISE = 0.15;

  private static final int NOISY_COPIES = 25;

  /** Steps of the hidden patch along the shorter side; it is two steps wide. */
  private static final int PATCH_STEPS = 14;

  /**
   * How an explanation shares the engine with others. It is made of steps, and others may compute
   * between them.
   *
   * @param lock held while a step computes, and only then
   * @param pictures most that a step computes at once
   * @param before called before each step, with the lock held; what it throws ends the explanation
   */
  public record Turns(Lock lock, int pictures, Runnable before) {
    /**
     * @throws InvalidInputException if a step would compute nothing
     */
    public Turns {
      if (pictures < 1) {
        throw new InvalidInputException(pictures + " pictures in a step: expected at least 1");
      }
    }

    /** For who has the engine alone. */
    static Turns none() {
      return new Turns(new ReentrantLock(), Predictor.LARGEST_BATCH / 4, () -> {});
    }

    private <T> T take(Supplier<T> step) {
      lock.lock();
      try {
        before.run();
        return step.get();
      } finally {
        lock.unlock();
      }
    }
  }

  private final Predictor predictor;
  private final PictureSize size;
  private final Optional<String> layer;

  private Explanations(Predictor predictor, Optional<String> layer) {
    this.predictor = predictor;
    ModelSpec spec = predictor.spec();
    this.size = new PictureSize(spec.channels(), spec.height(), spec.width());
    this.layer = layer;
  }

  /**
   * Explains by the last values of the network that still have rows and columns, where it has such.
   */
  public static Explanations of(Predictor predictor) {
    List<Node> spatial = SpatialLayers.of(predictor.spec().graph(1));
    return new Explanations(
        predictor,
        spatial.isEmpty() ? Optional.empty() : Optional.of(spatial.get(spatial.size() - 1).path()));
  }

  /**
   * Explains by what the node at {@code layer} makes, or the last node below that path, such as
   * {@code layer3}.
   *
   * @throws InvalidInputException if there is none with rows and columns
   */
  public static Explanations of(Predictor predictor, String layer) {
    return new Explanations(
        predictor, Optional.of(SpatialLayers.named(predictor.spec(), layer).path()));
  }

  /** Path of the node that the class activation maps look at; empty where the network has none. */
  public Optional<String> layer() {
    return layer;
  }

  /**
   * What of {@code image} speaks for {@code target}.
   *
   * @param image [C,H,W], normalised, from the buffer's position on, which stays as it is
   * @param target index of the class
   * @return as many rows and columns as the layer has, or the input
   * @throws InvalidInputException if there is no such class, the buffer is too short, or the
   *     network lacks what the way needs
   * @throws IllegalStateException if a derivative is not finite, or the predictor is closed
   */
  public HeatMap explain(Explanation how, FloatBuffer image, int target) {
    return explain(how, image, target, Turns.none());
  }

  /** The same as {@link #explain(Explanation, FloatBuffer, int)}, step by step in {@code turns}. */
  public HeatMap explain(Explanation how, FloatBuffer image, int target, Turns turns) {
    if (target < 0 || target >= predictor.spec().classes()) {
      throw new InvalidInputException(
          "class " + target + ": expected 0 to " + (predictor.spec().classes() - 1));
    }
    if (image.remaining() < size.samples()) {
      throw new InvalidInputException(
          "image: the buffer holds " + image.remaining() + " numbers; expected " + size);
    }
    return switch (how) {
      case GRAD_CAM -> classActivation(image, target, false, turns);
      case GRAD_CAM_PLUS_PLUS -> classActivation(image, target, true, turns);
      case OCCLUSION -> occlusion(image, target, turns);
      case SMOOTH_GRAD -> smoothGrad(image, target, turns);
    };
  }

  private HeatMap classActivation(FloatBuffer image, int target, boolean plusPlus, Turns turns) {
    String path =
        layer.orElseThrow(
            () ->
                new InvalidInputException(
                    "model "
                        + predictor.spec().name()
                        + ": no layer has rows and columns, which class activation maps need; use "
                        + Explanation.OCCLUSION
                        + " or "
                        + Explanation.SMOOTH_GRAD));
    Shape shape = predictor.spec().graph(1).find(path).orElseThrow().output().shape();
    int channels = shape.dim(1);
    int plane = shape.dim(2) * shape.dim(3);
    Derivative at = turns.take(() -> Derivative.of(predictor, path, image, target));
    double[] sum = new double[plane];
    for (int c = 0; c < channels; c++) {
      double weight =
          plusPlus ? countedOnce(at, c * plane, plane) : mean(at.gradient(), c * plane, plane);
      for (int p = 0; p < plane; p++) {
        sum[p] += weight * at.value()[c * plane + p];
      }
    }
    float[] positive = new float[plane];
    for (int p = 0; p < plane; p++) {
      positive[p] = (float) Math.max(0, requireFinite(sum[p]));
    }
    return new HeatMap(shape.dim(2), shape.dim(3), positive);
  }

  private static double mean(float[] values, int from, int count) {
    double sum = 0;
    for (int p = from; p < from + count; p++) {
      sum += values[p];
    }
    return sum / count;
  }

  /**
   * The weight of a channel by equations 10 and 19 of the paper, for the score exp(logit), whose
   * higher derivatives are powers of the first; its common factor exp(logit) is left out, since it
   * scales the whole map.
   */
  private static double countedOnce(Derivative at, int from, int count) {
    double total = 0;
    for (int p = from; p < from + count; p++) {
      total += at.value()[p];
    }
    double weight = 0;
    for (int p = from; p < from + count; p++) {
      double g = at.gradient()[p];
      double divisor = 2 * g * g + total * g * g * g;
      if (g > 0 && divisor != 0) {
        weight += g * g / divisor * g;
      }
    }
    return weight;
  }

  private HeatMap smoothGrad(FloatBuffer image, int target, Turns turns) {
    int samples = size.samples();
    float[] clean = new float[samples];
    image.duplicate().get(clean);
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (float value : clean) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    double deviation = NOISE * (most - least);
    double[] sum = new double[samples];
    float[] noisy = new float[samples];
    for (int copy = 0; copy < NOISY_COPIES; copy++) {
      KeyedRandom random = KeyedRandom.of(copy, "smoothgrad");
      for (int i = 0; i < samples; i++) {
        noisy[i] = (float) (clean[i] + deviation * random.nextNormal());
      }
      FloatBuffer input = FloatBuffer.wrap(noisy);
      float[] gradient =
          turns.take(() -> Derivative.of(predictor, ModelSpec.IMAGES, input, target)).gradient();
      for (int i = 0; i < samples; i++) {
        sum[i] += gradient[i];
      }
    }
    int plane = size.plane();
    float[] strongest = new float[plane];
    for (int i = 0; i < samples; i++) {
      float absolute = (float) Math.abs(requireFinite(sum[i]) / NOISY_COPIES);
      strongest[i % plane] = Math.max(strongest[i % plane], absolute);
    }
    return new HeatMap(size.height(), size.width(), strongest);
  }

  /** Each pixel gets the mean fall over the patches that hid it; where it rose that counts as 0. */
  private HeatMap occlusion(FloatBuffer image, int target, Turns turns) {
    int step = Math.max(1, Math.min(size.height(), size.width()) / PATCH_STEPS);
    int rows = (size.height() + step - 1) / step;
    int columns = (size.width() + step - 1) / step;
    int samples = size.samples();
    float[] clean = new float[samples];
    image.duplicate().get(clean);
    int classes = predictor.spec().classes();
    double whole = probability(turns.take(() -> predictor.logits(image, 1)), 0, classes, target);
    double[] falls = new double[size.plane()];
    int[] counts = new int[size.plane()];
    int patches = rows * columns;
    int atOnce = Math.min(turns.pictures, patches);
    FloatBuffer hidden = FloatBuffer.allocate(Math.multiplyExact(atOnce, samples));
    for (int from = 0; from < patches; from += atOnce) {
      int some = Math.min(atOnce, patches - from);
      hidden.clear();
      for (int i = from; i < from + some; i++) {
        int start = hidden.position();
        hidden.put(clean);
        Patch.of(i / columns, i % columns, step, size).hide(hidden.array(), start, size);
      }
      float[] logits = turns.take(() -> predictor.logits(hidden.flip(), some));
      for (int i = 0; i < some; i++) {
        double fall = whole - probability(logits, i, classes, target);
        int patch = from + i;
        Patch.of(patch / columns, patch % columns, step, size).add(fall, falls, counts, size);
      }
    }
    float[] mean = new float[size.plane()];
    for (int p = 0; p < mean.length; p++) {
      mean[p] = (float) Math.max(0, falls[p] / counts[p]);
    }
    return new HeatMap(size.height(), size.width(), mean);
  }

  private double probability(float[] logits, int row, int classes, int target) {
    return requireFinite(Logits.softmax(logits, row, classes)[target]);
  }

  private double requireFinite(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalStateException(
          "model "
              + predictor.spec().name()
              + ": a derivative is "
              + value
              + "; its weights or the picture are damaged");
    }
    return value;
  }

  /** Rows and columns that are hidden: two steps each way, cut at the edges. */
  private record Patch(int top, int left, int bottom, int right) {
    static Patch of(int row, int column, int step, PictureSize size) {
      return new Patch(
          row * step,
          column * step,
          Math.min(size.height(), (row + 2) * step),
          Math.min(size.width(), (column + 2) * step));
    }

    /** Puts zeros there, which after normalisation is the mean colour. */
    void hide(float[] pictures, int start, PictureSize size) {
      for (int c = 0; c < size.channels(); c++) {
        for (int y = top; y < bottom; y++) {
          int at = start + c * size.plane() + y * size.width();
          Arrays.fill(pictures, at + left, at + right, 0);
        }
      }
    }

    void add(double fall, double[] falls, int[] counts, PictureSize size) {
      for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
          falls[y * size.width() + x] += fall;
          counts[y * size.width() + x]++;
        }
      }
    }
  }
}
