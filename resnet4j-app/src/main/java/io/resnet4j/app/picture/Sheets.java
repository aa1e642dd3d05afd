package io.resnet4j.app.picture;

import io.resnet4j.data.Picture;
import io.resnet4j.infer.FeatureMaps;
import io.resnet4j.infer.Filters;
import java.awt.image.BufferedImage;
import java.util.List;

/** Contact sheets of what is inside a network. */
public final class Sheets {
  private Sheets() {}

  /**
   * Channels of a layer, the most active first, row by row: dark for the least number of all that
   * are shown, light for the largest, so that channels can be compared.
   *
   * @param count how many at most
   * @param side pixels of a tile's longer side, at least; numbers stay squares of whole pixels
   */
  public static BufferedImage of(FeatureMaps maps, int count, int side) {
    List<Integer> shown = maps.byActivity().subList(0, Math.min(count, maps.channels()));
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (int channel : shown) {
      for (int y = 0; y < maps.height(); y++) {
        for (int x = 0; x < maps.width(); x++) {
          least = Math.min(least, maps.at(channel, y, x));
          most = Math.max(most, maps.at(channel, y, x));
        }
      }
    }
    int scale = scale(side, maps.height(), maps.width());
    int columns = columns(shown.size());
    ContactSheet sheet =
        new ContactSheet(
            "--count, --tile",
            (shown.size() + columns - 1) / columns,
            columns,
            maps.height() * scale,
            maps.width() * scale);
    double low = least;
    double range = most > least ? most - low : 1;
    for (int i = 0; i < shown.size(); i++) {
      int channel = shown.get(i);
      sheet.draw(
          i / columns,
          i % columns,
          (y, x) -> Colours.rising((maps.at(channel, y / scale, x / scale) - low) / range));
    }
    return sheet.picture();
  }

  /**
   * Filters, the longest first. Those of one or three planes are a tile each, grey or in colours,
   * grey standing for zero and the filter's largest number for full light or none; others are a row
   * each, a tile for each plane, blue below zero and red above.
   *
   * @param count how many filters at most, and how many planes of each
   * @param side pixels of a tile's longer side, at least
   */
  public static BufferedImage of(Filters filters, int count, int side) {
    List<Integer> shown = filters.byNorm().subList(0, Math.min(count, filters.count()));
    boolean seen = filters.planes() == 1 || filters.planes() == 3;
    int planes = Math.min(count, filters.planes());
    int columns = seen ? columns(shown.size()) : planes;
    int rows = seen ? (shown.size() + columns - 1) / columns : shown.size();
    int scale = scale(side, filters.height(), filters.width());
    ContactSheet sheet =
        new ContactSheet(
            "--count, --tile", rows, columns, filters.height() * scale, filters.width() * scale);
    for (int i = 0; i < shown.size(); i++) {
      int filter = shown.get(i);
      double largest = largest(filters, filter);
      if (seen) {
        int last = filters.planes() - 1;
        sheet.draw(
            i / columns,
            i % columns,
            (y, x) ->
                Colours.rgb(
                    light(filters.at(filter, 0, y / scale, x / scale), largest),
                    light(filters.at(filter, last / 2, y / scale, x / scale), largest),
                    light(filters.at(filter, last, y / scale, x / scale), largest)));
      } else {
        for (int p = 0; p < planes; p++) {
          int plane = p;
          sheet.draw(
              i,
              p,
              (y, x) -> Colours.around(filters.at(filter, plane, y / scale, x / scale) / largest));
        }
      }
    }
    return sheet.picture();
  }

  /** Whole pictures beside each other, each fitted into a square; the first one comes first. */
  public static BufferedImage of(List<Picture> pictures, int side) {
    int columns = columns(pictures.size());
    ContactSheet sheet =
        new ContactSheet(
            "--count, --tile", (pictures.size() + columns - 1) / columns, columns, side, side);
    for (int i = 0; i < pictures.size(); i++) {
      Picture whole = pictures.get(i).toRgb();
      double scale = (double) side / Math.max(whole.height(), whole.width());
      int height = Math.max(1, (int) Math.round(scale * whole.height()));
      int width = Math.max(1, (int) Math.round(scale * whole.width()));
      Picture fitted = whole.resize(height, width);
      int top = (side - height) / 2;
      int left = (side - width) / 2;
      sheet.draw(
          i / columns,
          i % columns,
          (y, x) ->
              y < top || y >= top + height || x < left || x >= left + width
                  ? 0xffffff
                  : fitted.sample(0, y - top, x - left) << 16
                      | fitted.sample(1, y - top, x - left) << 8
                      | fitted.sample(2, y - top, x - left));
    }
    return sheet.picture();
  }

  /** Drawings of one size beside each other. */
  public static BufferedImage row(List<BufferedImage> drawings) {
    BufferedImage first = drawings.get(0);
    int columns = drawings.size();
    ContactSheet sheet =
        new ContactSheet("--size", 1, columns, first.getHeight(), first.getWidth());
    for (int i = 0; i < columns; i++) {
      BufferedImage each = drawings.get(i);
      sheet.draw(0, i, (y, x) -> each.getRGB(x, y) & 0xffffff);
    }
    return sheet.picture();
  }

  private static double light(float value, double largest) {
    return 0.5 + 0.5 * value / largest;
  }

  private static double largest(Filters filters, int filter) {
    double largest = 0;
    for (int p = 0; p < filters.planes(); p++) {
      for (int y = 0; y < filters.height(); y++) {
        for (int x = 0; x < filters.width(); x++) {
          largest = Math.max(largest, Math.abs(filters.at(filter, p, y, x)));
        }
      }
    }
    return largest > 0 ? largest : 1;
  }

  private static int scale(int side, int height, int width) {
    return Math.max(1, side / Math.max(height, width));
  }

  /** As many as make the sheet about square. */
  private static int columns(int tiles) {
    return (int) Math.ceil(Math.sqrt(tiles));
  }
}
