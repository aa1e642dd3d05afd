package io.resnet4j.app.picture;

import io.resnet4j.data.Picture;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.infer.HeatMap;
import java.awt.image.BufferedImage;

/**
 * A heat map laid over the picture that it explains. What the network did not see, because its
 * input is cut out of the middle, is darkened.
 */
public final class Overlay {
  private static final double STRONGEST = 0.75;
  private static final double UNSEEN = 0.35;

  private Overlay() {}

  /**
   * Draws it.
   *
   * @param map any number of rows and columns over the network's input; its largest number counts
   *     as 1
   * @param longest side of the drawing
   */
  public static BufferedImage draw(
      Picture picture, Preprocessing preprocessing, HeatMap map, int longest) {
    double scale = (double) longest / Math.max(picture.height(), picture.width());
    int height = Math.max(1, (int) Math.round(scale * picture.height()));
    int width = Math.max(1, (int) Math.round(scale * picture.width()));
    Picture sized = picture.toRgb().resize(height, width);
    double shorter = Math.min(height, width);
    int seenHeight = seen(preprocessing.height() * shorter / preprocessing.resize(), height);
    int seenWidth = seen(preprocessing.width() * shorter / preprocessing.resize(), width);
    int top = (height - seenHeight) / 2;
    int left = (width - seenWidth) / 2;
    HeatMap heat = map.normalised().resize(seenHeight, seenWidth);
    BufferedImage drawn = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        boolean inside = y >= top && y < top + seenHeight && x >= left && x < left + seenWidth;
        drawn.setRGB(
            x, y, inside ? over(sized, y, x, heat.at(y - top, x - left)) : dark(sized, y, x));
      }
    }
    return drawn;
  }

  private static int seen(double length, int most) {
    return Math.max(1, Math.min(most, (int) Math.round(length)));
  }

  private static int over(Picture picture, int y, int x, double heat) {
    int rgb = 0;
    double share = STRONGEST * heat;
    for (int c = 0; c < 3; c++) {
      double mixed = (1 - share) * picture.sample(c, y, x) + share * Colours.rising(heat, c);
      rgb = rgb << 8 | (int) Math.round(mixed);
    }
    return rgb;
  }

  private static int dark(Picture picture, int y, int x) {
    int rgb = 0;
    for (int c = 0; c < 3; c++) {
      rgb = rgb << 8 | (int) Math.round(UNSEEN * picture.sample(c, y, x));
    }
    return rgb;
  }
}
