package io.resnet4j.backend.reference;

import io.resnet4j.graph.Window;
import io.resnet4j.tensor.Shape;
import java.util.stream.IntStream;

/** Windows over the planes of a picture [N,C,H,W]. */
final class Pooling {
  private final Window window;
  private final int planes;
  private final int height;
  private final int width;
  private final int outHeight;
  private final int outWidth;

  Pooling(Window window, Shape x) {
    this.window = window;
    this.planes = x.dim(0) * x.dim(1);
    this.height = x.dim(2);
    this.width = x.dim(3);
    this.outHeight = window.outputHeight(height);
    this.outWidth = window.outputWidth(width);
  }

  /**
   * Where in its plane the maximum of each window lies, the first of equals; -1 where a window
   * holds padding only.
   */
  double[] positions(double[] x) {
    double[] positions = new double[planes * outHeight * outWidth];
    eachWindow(
        (plane, oh, ow, out) -> {
          int start = plane * height * width;
          int[] best = {-1};
          eachPixel(
              oh,
              ow,
              at -> {
                double value = x[start + at];
                if (best[0] < 0 || value > x[start + best[0]] || Double.isNaN(value)) {
                  best[0] = at;
                }
              });
          positions[out] = best[0];
        });
    return positions;
  }

  /** The values at {@code positions}. */
  double[] select(double[] x, double[] positions) {
    double[] y = new double[positions.length];
    eachWindow(
        (plane, oh, ow, out) -> {
          int at = (int) positions[out];
          y[out] = at < 0 ? Double.NEGATIVE_INFINITY : x[plane * height * width + at];
        });
    return y;
  }

  /** The gradient of {@link #select}. */
  double[] selectGradient(double[] dy, double[] positions) {
    double[] dx = new double[planes * height * width];
    eachWindow(
        (plane, oh, ow, out) -> {
          int at = (int) positions[out];
          if (at >= 0) {
            dx[plane * height * width + at] += dy[out];
          }
        });
    return dx;
  }

  /** The mean of each window. */
  double[] average(double[] x, boolean countPadding) {
    double[] y = new double[planes * outHeight * outWidth];
    eachWindow(
        (plane, oh, ow, out) -> {
          int start = plane * height * width;
          double[] sum = {0};
          eachPixel(oh, ow, at -> sum[0] += x[start + at]);
          y[out] = sum[0] / divisor(oh, ow, countPadding);
        });
    return y;
  }

  /** The gradient of {@link #average}. */
  double[] averageGradient(double[] dy, boolean countPadding) {
    double[] dx = new double[planes * height * width];
    eachWindow(
        (plane, oh, ow, out) -> {
          int start = plane * height * width;
          double share = dy[out] / divisor(oh, ow, countPadding);
          eachPixel(oh, ow, at -> dx[start + at] += share);
        });
    return dx;
  }

  private double divisor(int oh, int ow, boolean countPadding) {
    if (countPadding) {
      return window.kernelH() * window.kernelW();
    }
    int[] count = {0};
    eachPixel(oh, ow, at -> count[0]++);
    return count[0];
  }

  private interface WindowVisitor {
    void at(int plane, int oh, int ow, int out);
  }

  private interface PixelVisitor {
    void at(int position);
  }

  /** Planes are apart, so they are parallel; the windows of one come in row-major order. */
  private void eachWindow(WindowVisitor visitor) {
    IntStream.range(0, planes)
        .parallel()
        .forEach(
            plane -> {
              for (int oh = 0; oh < outHeight; oh++) {
                for (int ow = 0; ow < outWidth; ow++) {
                  visitor.at(plane, oh, ow, (plane * outHeight + oh) * outWidth + ow);
                }
              }
            });
  }

  private void eachPixel(int oh, int ow, PixelVisitor visitor) {
    for (int kh = 0; kh < window.kernelH(); kh++) {
      int row = oh * window.strideH() - window.padH() + kh * window.dilationH();
      for (int kw = 0; kw < window.kernelW(); kw++) {
        int column = ow * window.strideW() - window.padW() + kw * window.dilationW();
        if (row >= 0 && row < height && column >= 0 && column < width) {
          visitor.at(row * width + column);
        }
      }
    }
  }
}
