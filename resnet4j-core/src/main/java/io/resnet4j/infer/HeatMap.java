package io.resnet4j.infer;

import java.util.Objects;

/** Where in a network's input an answer comes from: rows and columns of numbers, 0 for nothing. */
public final class HeatMap {
  private final int height;
  private final int width;
  private final float[] values;

  HeatMap(int height, int width, float[] values) {
    if (values.length != height * width) {
      throw new IllegalArgumentException(values.length + " values for " + height + "x" + width);
    }
    this.height = height;
    this.width = width;
    this.values = values;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /** Columns. */
  public int width() {
    return width;
  }

  /** The number at row {@code y}, column {@code x}, at least 0. */
  public float at(int y, int x) {
    return values[Objects.checkIndex(y, height) * width + Objects.checkIndex(x, width)];
  }

  /** A copy of the numbers, row-major. */
  public float[] toFloats() {
    return values.clone();
  }

  /** Divided by the largest number, so that they lie between 0 and 1; all zeros stay that. */
  public HeatMap normalised() {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, value);
    }
    float[] shares = values.clone();
    for (int i = 0; largest > 0 && i < shares.length; i++) {
      shares[i] /= largest;
    }
    return new HeatMap(height, width, shares);
  }

  /**
   * Spearman's rank correlation of the numbers with those of a map of the same size; equal numbers
   * share a rank.
   *
   * @return -1 to 1; NaN where all numbers of a map are equal
   */
  public double rankCorrelation(HeatMap other) {
    requireSameSize(other);
    return Likeness.ranks(values, other.values);
  }

  /**
   * Structural similarity to a map of the same size, both of numbers between 0 and 1 (Wang et al.
   * 2004), in windows of 7x7, or as large as the map is.
   *
   * @return at most 1, which equal maps have
   */
  public double structuralSimilarity(HeatMap other) {
    requireSameSize(other);
    return Likeness.structure(values, other.values, height, width);
  }

  private void requireSameSize(HeatMap other) {
    if (other.height != height || other.width != width) {
      throw new IllegalArgumentException(
          "a map of "
              + other.height
              + "x"
              + other.width
              + " beside one of "
              + height
              + "x"
              + width);
    }
  }

  /** Interpolated linearly between the middles of the cells, which edges extend outwards. */
  public HeatMap resize(int toHeight, int toWidth) {
    float[] to = new float[Math.multiplyExact(toHeight, toWidth)];
    for (int y = 0; y < toHeight; y++) {
      double v = clamp((y + 0.5) * height / toHeight - 0.5, height - 1);
      int top = (int) v;
      int below = Math.min(top + 1, height - 1);
      for (int x = 0; x < toWidth; x++) {
        double u = clamp((x + 0.5) * width / toWidth - 0.5, width - 1);
        int left = (int) u;
        int right = Math.min(left + 1, width - 1);
        double upper = mix(values[top * width + left], values[top * width + right], u - left);
        double lower = mix(values[below * width + left], values[below * width + right], u - left);
        to[y * toWidth + x] = (float) mix(upper, lower, v - top);
      }
    }
    return new HeatMap(toHeight, toWidth, to);
  }

  private static double clamp(double position, int last) {
    return Math.max(0, Math.min(last, position));
  }

  private static double mix(double a, double b, double share) {
    return a + (b - a) * share;
  }
}
