package io.resnet4j.app.picture;

import io.resnet4j.InvalidInputException;
import java.awt.image.BufferedImage;
import java.util.Objects;

/** Pictures of one size in rows and columns on white paper. */
public final class ContactSheet {
  private static final int GAP = 4;
  private static final int LARGEST_SIDE = 20_000;
  private static final int PAPER = 0xffffff;

  private final int rows;
  private final int columns;
  private final int tileHeight;
  private final int tileWidth;
  private final BufferedImage sheet;

  /** What a place of the sheet shows. */
  @FunctionalInterface
  public interface Tile {
    /** The colour at row {@code y}, column {@code x} of the tile, as 0xrrggbb. */
    int rgb(int y, int x);
  }

  /**
   * An empty sheet.
   *
   * @param options what the message of too large a sheet begins with, such as {@code --rows}
   * @throws InvalidInputException if a side passes 20,000 pixels
   */
  public ContactSheet(String options, int rows, int columns, int tileHeight, int tileWidth) {
    this.rows = rows;
    this.columns = columns;
    this.tileHeight = tileHeight;
    this.tileWidth = tileWidth;
    long width = (long) columns * (tileWidth + GAP) + GAP;
    long height = (long) rows * (tileHeight + GAP) + GAP;
    if (width > LARGEST_SIDE || height > LARGEST_SIDE) {
      throw new InvalidInputException(
          options
              + ": a sheet of "
              + width
              + "x"
              + height
              + " pixels; give fewer, for at most "
              + LARGEST_SIDE
              + " a side");
    }
    sheet = new BufferedImage((int) width, (int) height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        sheet.setRGB(x, y, PAPER);
      }
    }
  }

  /** Draws a place, rows and columns counted from 0. */
  public void draw(int row, int column, Tile tile) {
    int top = GAP + Objects.checkIndex(row, rows) * (tileHeight + GAP);
    int left = GAP + Objects.checkIndex(column, columns) * (tileWidth + GAP);
    for (int y = 0; y < tileHeight; y++) {
      for (int x = 0; x < tileWidth; x++) {
        sheet.setRGB(left + x, top + y, tile.rgb(y, x));
      }
    }
  }

  /** What was drawn so far. */
  public BufferedImage picture() {
    return sheet;
  }
}
