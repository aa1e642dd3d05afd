package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import io.resnet4j.random.KeyedRandom;

/**
 * Mixes each picture of a batch, and its target, with the picture before it (the first with the
 * last), as torchvision: mixup adds the two (Zhang et al. 2017, arXiv:1710.09412), CutMix pastes a
 * rectangle (Yun et al. 2019, arXiv:1905.04899). A batch has one share, drawn from Beta(alpha,
 * alpha); where both are asked for, a fair coin chooses for each batch.
 *
 * @param mixup alpha of mixup; 0 for none
 * @param cutMix alpha of CutMix; 0 for none
 */
public record Mixing(double mixup, double cutMix) {
  /** Pictures stay as they are. */
  public static final Mixing NONE = new Mixing(0, 0);

  private static final double LARGEST = 1000;

  /**
   * @throws InvalidInputException if an alpha is negative or over 1000
   */
  public Mixing {
    for (double alpha : new double[] {mixup, cutMix}) {
      if (!(alpha >= 0 && alpha <= LARGEST)) {
        throw new InvalidInputException(
            "mixup or CutMix: alpha " + alpha + ", expected 0 (none) to 1000");
      }
    }
  }

  /** A rectangle; rows from top to before bottom. */
  private record Box(int top, int bottom, int left, int right) {
    double area() {
      return (double) (bottom - top) * (right - left);
    }
  }

  /**
   * Mixes in place.
   *
   * @param images normalised pictures one after the other
   * @param targets probabilities one row after the other
   * @param labels become the class with the larger share
   * @param count pictures in the batch
   */
  void apply(
      float[] images,
      float[] targets,
      int[] labels,
      int count,
      PictureSize size,
      int classes,
      KeyedRandom random) {
    if (count < 2 || (mixup == 0 && cutMix == 0)) {
      return;
    }
    boolean paste = mixup == 0 || (cutMix > 0 && random.nextBoolean());
    double share = beta(paste ? cutMix : mixup, random);
    int samples = size.samples();
    if (paste) {
      Box box = box(share, size, random);
      share = 1 - box.area() / size.plane();
      float[] last = copy(images, count - 1, samples);
      for (int i = count - 1; i >= 0; i--) {
        paste(i > 0 ? images : last, i > 0 ? (i - 1) * samples : 0, images, i * samples, size, box);
      }
    } else {
      blend(images, count, samples, (float) share);
    }
    blend(targets, count, classes, (float) share);
    if (share < 0.5) {
      int last = labels[count - 1];
      System.arraycopy(labels, 0, labels, 1, count - 1);
      labels[0] = last;
    }
  }

  private static float[] copy(float[] rows, int row, int length) {
    float[] copy = new float[length];
    System.arraycopy(rows, row * length, copy, 0, length);
    return copy;
  }

  /** From the last row to the first, so that each meets the one before it unchanged. */
  private static void blend(float[] rows, int count, int length, float share) {
    float[] last = copy(rows, count - 1, length);
    for (int i = count - 1; i >= 0; i--) {
      float[] other = i > 0 ? rows : last;
      int from = i > 0 ? (i - 1) * length : 0;
      int to = i * length;
      for (int k = 0; k < length; k++) {
        rows[to + k] = share * rows[to + k] + (1 - share) * other[from + k];
      }
    }
  }

  private static void paste(
      float[] other, int from, float[] images, int to, PictureSize size, Box box) {
    for (int c = 0; c < size.channels(); c++) {
      for (int y = box.top; y < box.bottom; y++) {
        int at = (c * size.height() + y) * size.width() + box.left;
        System.arraycopy(other, from + at, images, to + at, box.right - box.left);
      }
    }
  }

  private static Box box(double share, PictureSize size, KeyedRandom random) {
    int row = random.nextInt(size.height());
    int column = random.nextInt(size.width());
    double half = 0.5 * Math.sqrt(1 - share);
    int rows = (int) (half * size.height());
    int columns = (int) (half * size.width());
    return new Box(
        Math.max(0, row - rows),
        Math.min(size.height(), row + rows),
        Math.max(0, column - columns),
        Math.min(size.width(), column + columns));
  }

  static double beta(double alpha, KeyedRandom random) {
    double one = gamma(alpha, random);
    double other = gamma(alpha, random);
    // For a tiny alpha both can be too small to tell apart from 0.
    return one + other > 0 ? one / (one + other) : random.nextInt(2);
  }

  /** Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). */
  private static double gamma(double shape, KeyedRandom random) {
    if (shape < 1) {
      double power = StrictMath.pow(1 - random.nextUniform(), 1 / shape);
      return power * gamma(shape + 1, random);
    }
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double normal = random.nextNormal();
      double root = 1 + c * normal;
      double v = root * root * root;
      if (root > 0) {
        double bound = 0.5 * normal * normal + d - d * v + d * StrictMath.log(v);
        if (StrictMath.log(1 - random.nextUniform()) < bound) {
          return d * v;
        }
      }
    }
  }
}
