package io.resnet4j.data.augment;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Pads every side and cuts a window of the original size at a uniformly random place. Two draws:
 * the row, then the column, each from {@code 2 * padding + 1} places.
 *
 * <p>What the padding holds matters, and papers differ. He et al. (2015) pad zeros <em>after</em>
 * the mean was subtracted, which is the mean colour here ({@link #mean}, exact to half a level of
 * 255). The usual PyTorch recipe pads zeros <em>before</em> normalisation, which is black ({@link
 * #black}).
 *
 * @param padding pixels added at each side, from 1 to 4096
 * @param fill the padding's level in each channel, from 0 to 255; empty until {@link #filled}
 */
public record RandomCrop(int padding, List<Integer> fill) implements NamedAugmentation {
  /**
   * @throws InvalidInputException if the padding or a level is out of range
   */
  public RandomCrop {
    fill = List.copyOf(fill);
    if (padding < 1 || padding > 4096) {
      throw new InvalidInputException(
          "random crop: padding " + padding + ", expected 1 to 4096 pixels");
    }
    for (int level : fill) {
      if (level < 0 || level > 255) {
        throw new InvalidInputException("random crop: fill " + fill + ", expected 0 to 255");
      }
    }
  }

  /** Pads what it is {@link #filled} with. */
  public RandomCrop(int padding) {
    this(padding, List.of());
  }

  /** Pads black, for pictures of {@code channels} channels. */
  public static RandomCrop black(int padding, int channels) {
    return new RandomCrop(padding, Collections.nCopies(channels, 0));
  }

  /** Pads what {@code normalisation} turns into zero, to the nearest level. */
  public static RandomCrop mean(int padding, Normalisation normalisation) {
    return new RandomCrop(padding, normalisation.meanLevels());
  }

  @Override
  public NamedAugmentation filled(List<Integer> levels) {
    return fill.isEmpty() ? new RandomCrop(padding, levels) : this;
  }

  @Override
  public String text() {
    return AugmentationText.write("crop", padding);
  }

  @Override
  public void check(PictureSize size) {
    if (fill.size() != size.channels()) {
      throw new InvalidInputException(
          "random crop: fill "
              + fill
              + " has "
              + fill.size()
              + " channels, the pictures are "
              + size
              + "; give one level for each channel");
    }
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    int height = size.height();
    int width = size.width();
    int down = random.nextInt(2 * padding + 1) - padding;
    int right = random.nextInt(2 * padding + 1) - padding;
    int firstColumn = Math.min(Math.max(0, -right), width);
    int columns = Math.max(0, width - Math.abs(right));
    for (int c = 0; c < size.channels(); c++) {
      byte level = (byte) (int) fill.get(c);
      for (int y = 0; y < height; y++) {
        int row = (c * height + y) * width;
        int sourceY = y + down;
        if (sourceY < 0 || sourceY >= height || columns == 0) {
          Arrays.fill(to, row, row + width, level);
          continue;
        }
        Arrays.fill(to, row, row + firstColumn, level);
        int source = (c * height + sourceY) * width + Math.max(0, right);
        System.arraycopy(from, source, to, row + firstColumn, columns);
        Arrays.fill(to, row + firstColumn + columns, row + width, level);
      }
    }
  }
}
