package io.resnet4j.graph;

import io.resnet4j.tensor.Shape;

/**
 * How a kernel slides over height and width. Padding is symmetric.
 *
 * @param kernelH kernel height in pixels
 * @param kernelW kernel width in pixels
 * @param strideH step between rows of output
 * @param strideW step between columns of output
 * @param padH rows of padding above and below
 * @param padW columns of padding left and right
 * @param dilationH distance of neighbouring kernel rows, 1 for a dense kernel
 * @param dilationW distance of neighbouring kernel columns
 */
public record Window(
    int kernelH,
    int kernelW,
    int strideH,
    int strideW,
    int padH,
    int padW,
    int dilationH,
    int dilationW) {
  /** Checks that every number can describe a window. */
  public Window {
    if (Math.min(
                Math.min(Math.min(kernelH, kernelW), Math.min(strideH, strideW)),
                Math.min(dilationH, dilationW))
            < 1
        || Math.min(padH, padW) < 0) {
      throw new IllegalArgumentException(
          "window: kernel, stride and dilation must be at least 1, padding at least 0");
    }
  }

  /** A dense square window. */
  public static Window square(int kernel, int stride, int pad) {
    return dilated(kernel, stride, pad, 1);
  }

  /** A square window with holes. */
  public static Window dilated(int kernel, int stride, int pad, int dilation) {
    return new Window(kernel, kernel, stride, stride, pad, pad, dilation, dilation);
  }

  /** Rows of output for {@code height} rows of input; not positive if the kernel does not fit. */
  public int outputHeight(int height) {
    return Math.floorDiv(height + 2 * padH - dilationH * (kernelH - 1) - 1, strideH) + 1;
  }

  /** Columns of output for {@code width} columns of input. */
  public int outputWidth(int width) {
    return Math.floorDiv(width + 2 * padW - dilationW * (kernelW - 1) - 1, strideW) + 1;
  }

  /** The shape after sliding over {@code input} [N,C,H,W] with {@code channels} outputs. */
  Shape slide(String path, Value input, int channels) {
    Shape in = input.shape();
    int height = outputHeight(in.dim(2));
    int width = outputWidth(in.dim(3));
    if (height < 1 || width < 1) {
      throw ShapeRules.error(
          path,
          "a kernel of %dx%d with padding %dx%d does not fit %s; give a larger input or a smaller"
              + " kernel",
          dilationH * (kernelH - 1) + 1,
          dilationW * (kernelW - 1) + 1,
          padH,
          padW,
          input);
    }
    return Shape.of(in.dim(0), channels, height, width);
  }

  /** Such as {@code 3x3/2 pad 1}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder().append(kernelH).append('x').append(kernelW);
    if (strideH != 1 || strideW != 1) {
      text.append('/').append(strideH == strideW ? "" + strideH : strideH + "x" + strideW);
    }
    if (padH != 0 || padW != 0) {
      text.append(" pad ").append(padH == padW ? "" + padH : padH + "x" + padW);
    }
    if (dilationH != 1 || dilationW != 1) {
      text.append(" dilation ")
          .append(dilationH == dilationW ? "" + dilationH : dilationH + "x" + dilationW);
    }
    return text.toString();
  }
}
