package io.resnet4j.backend.reference;

import io.resnet4j.graph.Op;
import io.resnet4j.graph.Window;
import io.resnet4j.tensor.Shape;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * One convolution as matrix products, group by group: the pixels under each kernel position become
 * a row ("columns", [I/groups kH kW, N H' W']), and weight times columns is the output.
 */
final class Convolution {
  private final Window window;
  private final int groups;
  private final int batch;
  private final int channels;
  private final int height;
  private final int width;
  private final int filters;
  private final int outHeight;
  private final int outWidth;
  private final int pixels;
  private final int taps;

  /**
   * A convolution of fixed sizes.
   *
   * @param x shape of the input [N,I,H,W]
   * @param filters channels of the output
   */
  Convolution(Op.Conv2d conv, Shape x, int filters) {
    this.window = conv.window();
    this.groups = conv.groups();
    this.batch = x.dim(0);
    this.channels = x.dim(1) / groups;
    this.height = x.dim(2);
    this.width = x.dim(3);
    this.filters = filters / groups;
    this.outHeight = window.outputHeight(height);
    this.outWidth = window.outputWidth(width);
    this.pixels = outHeight * outWidth;
    this.taps = channels * window.kernelH() * window.kernelW();
  }

  /** The output, without bias. */
  double[] forward(double[] x, double[] weight) {
    double[] y = new double[batch * groups * filters * pixels];
    for (int group = 0; group < groups; group++) {
      double[][] product = Matrices.multiply(filters(weight, group), columns(x, group));
      for (int o = 0; o < filters; o++) {
        for (int n = 0; n < batch; n++) {
          System.arraycopy(product[o], n * pixels, y, plane(n, group, o), pixels);
        }
      }
    }
    return y;
  }

  /** The gradient by the input. */
  double[] inputGradient(double[] dy, double[] weight) {
    double[] dx = new double[batch * groups * channels * height * width];
    for (int group = 0; group < groups; group++) {
      double[][] transposed = Matrices.transpose(filters(weight, group));
      addColumns(Matrices.multiply(transposed, outputs(dy, group)), dx, group);
    }
    return dx;
  }

  /** The gradient by the weight. */
  double[] weightGradient(double[] x, double[] dy) {
    double[] dw = new double[groups * filters * taps];
    for (int group = 0; group < groups; group++) {
      double[][] transposed = Matrices.transpose(columns(x, group));
      double[][] product = Matrices.multiply(outputs(dy, group), transposed);
      for (int o = 0; o < filters; o++) {
        System.arraycopy(product[o], 0, dw, (group * filters + o) * taps, taps);
      }
    }
    return dw;
  }

  /** The gradient by the bias. */
  double[] biasGradient(double[] dy) {
    double[] db = new double[groups * filters];
    for (int group = 0; group < groups; group++) {
      double[][] rows = outputs(dy, group);
      for (int o = 0; o < filters; o++) {
        db[group * filters + o] = Arrays.stream(rows[o]).sum();
      }
    }
    return db;
  }

  private int plane(int n, int group, int filter) {
    return ((n * groups + group) * filters + filter) * pixels;
  }

  private double[][] filters(double[] weight, int group) {
    double[][] rows = new double[filters][];
    for (int o = 0; o < filters; o++) {
      int start = (group * filters + o) * taps;
      rows[o] = Arrays.copyOfRange(weight, start, start + taps);
    }
    return rows;
  }

  private double[][] outputs(double[] dy, int group) {
    double[][] rows = new double[filters][batch * pixels];
    for (int o = 0; o < filters; o++) {
      for (int n = 0; n < batch; n++) {
        System.arraycopy(dy, plane(n, group, o), rows[o], n * pixels, pixels);
      }
    }
    return rows;
  }

  private double[][] columns(double[] x, int group) {
    double[][] columns = new double[taps][batch * pixels];
    IntStream.range(0, taps)
        .parallel()
        .forEach(tap -> eachPixel(group, tap, (in, column) -> columns[tap][column] = x[in]));
    return columns;
  }

  /** Channels are apart in dx, so they are parallel; the taps of one are added in their order. */
  private void addColumns(double[][] columns, double[] dx, int group) {
    int area = window.kernelH() * window.kernelW();
    IntStream.range(0, channels)
        .parallel()
        .forEach(
            channel -> {
              for (int tap = channel * area; tap < (channel + 1) * area; tap++) {
                double[] row = columns[tap];
                eachPixel(group, tap, (in, column) -> dx[in] += row[column]);
              }
            });
  }

  private interface Pixel {
    void at(int in, int column);
  }

  /** Pairs each column of a tap with the input element that it holds; padding has none. */
  private void eachPixel(int group, int tap, Pixel pixel) {
    int area = window.kernelH() * window.kernelW();
    int channel = group * channels + tap / area;
    int top = tap % area / window.kernelW() * window.dilationH() - window.padH();
    int left = tap % window.kernelW() * window.dilationW() - window.padW();
    int stride = window.strideW();
    int firstColumn = left >= 0 ? 0 : (-left + stride - 1) / stride;
    int endColumn = Math.min(outWidth, Math.floorDiv(width - 1 - left, stride) + 1);
    for (int n = 0; n < batch; n++) {
      int in = (n * groups * channels + channel) * height * width;
      for (int oh = 0; oh < outHeight; oh++) {
        int row = top + oh * window.strideH();
        if (row < 0 || row >= height) {
          continue;
        }
        for (int ow = firstColumn; ow < endColumn; ow++) {
          pixel.at(in + row * width + left + ow * stride, (n * outHeight + oh) * outWidth + ow);
        }
      }
    }
  }
}
