package io.resnet4j.data.augment;

import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;
import java.util.List;

/**
 * Blanks a square whose centre lies anywhere in the picture, so that a part of it may lie outside
 * (DeVries and Taylor 2017, arXiv:1708.04552). Two draws: row, then column.
 *
 * @param side of the square in pixels
 * @param fill level of each channel; black where empty
 */
public record Cutout(int side, List<Integer> fill) implements NamedAugmentation {
  /** Checks the range. */
  public Cutout {
    fill = List.copyOf(fill);
    Ranges.require(side >= 1 && side <= 1 << 14, "cutout", "side", side, "1 to 16384 pixels");
  }

  /** Blanks with what it is {@link #filled} with. */
  public Cutout(int side) {
    this(side, List.of());
  }

  @Override
  public NamedAugmentation filled(List<Integer> levels) {
    return fill.isEmpty() ? new Cutout(side, levels) : this;
  }

  @Override
  public void apply(byte[] from, byte[] to, PictureSize size, KeyedRandom random) {
    System.arraycopy(from, 0, to, 0, size.samples());
    int top = random.nextInt(size.height()) - side / 2;
    int left = random.nextInt(size.width()) - side / 2;
    int fromRow = Math.max(0, top);
    int fromColumn = Math.max(0, left);
    int rows = Math.min(size.height(), top + side) - fromRow;
    int columns = Math.min(size.width(), left + side) - fromColumn;
    Ranges.fill(to, size, fromRow, fromColumn, rows, columns, fill);
  }

  @Override
  public String text() {
    return AugmentationText.write("cutout", side);
  }
}
