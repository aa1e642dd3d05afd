package io.resnet4j.data;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * A {@link Normalisation} made ready for pictures of one size: a table of 256 values for each
 * channel, so that a sample costs a look-up. Holds scratch space, so each thread has its own.
 */
public final class Normaliser {
  private final PictureSize size;
  private final float[][] table;
  private final float[] pixelMean;
  private final float[] std;
  private final float[] scratch;

  /**
   * @throws io.resnet4j.InvalidInputException if the two do not fit each other
   */
  public Normaliser(Normalisation normalisation, PictureSize size) {
    normalisation.check(size);
    this.size = size;
    std = toArray(normalisation.std());
    pixelMean = normalisation.isPerPixel() ? toArray(normalisation.mean()) : new float[0];
    table = new float[size.channels()][256];
    for (int c = 0; c < table.length; c++) {
      for (int level = 0; level < 256; level++) {
        float unit = level / 255f;
        table[c][level] =
            normalisation.isPerPixel() ? unit : (unit - normalisation.mean().get(c)) / std[c];
      }
    }
    scratch = new float[size.samples()];
  }

  /** Writes the normalised picture at {@code to}'s position, which it moves on. */
  public void apply(byte[] chw, FloatBuffer to) {
    int plane = size.plane();
    for (int c = 0; c < table.length; c++) {
      float[] values = table[c];
      int end = (c + 1) * plane;
      for (int p = c * plane; p < end; p++) {
        scratch[p] = values[chw[p] & 0xff];
      }
      if (pixelMean.length > 0) {
        float deviation = std[c];
        for (int p = c * plane; p < end; p++) {
          scratch[p] = (scratch[p] - pixelMean[p]) / deviation;
        }
      }
    }
    to.put(scratch);
  }

  private static float[] toArray(List<Float> values) {
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return array;
  }
}
