package io.resnet4j.graph;

import io.resnet4j.tensor.Shape;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;

/**
 * The closed family of operations. N is the batch, C channels, H and W pixels, K classes; inputs
 * and outputs are listed in the order of {@link Node#inputs} and {@link Node#outputs}. "Opaque"
 * outputs are a backend's own notes from the forward to the backward pass, meaningless elsewhere.
 * One long file, because the family is closed and read as a list.
 */
public sealed interface Op {
  /** Calls the visitor's method for this operation. */
  <R> R accept(Visitor<R> visitor, Node node);

  /** One method per operation, so that the compiler finds what a pass forgot. */
  interface Visitor<R> {
    /** A value fed from outside. */
    R visit(Input op, Node node);

    /** A trained tensor. */
    R visit(Parameter op, Node node);

    /** A tensor kept but not trained. */
    R visit(Buffer op, Node node);

    /** Convolution. */
    R visit(Conv2d op, Node node);

    /** Convolution with all that follows it at inference. */
    R visit(FusedConv2d op, Node node);

    /** Numbers to codes. */
    R visit(Quantise op, Node node);

    /** Codes to numbers. */
    R visit(Dequantise op, Node node);

    /** Convolution of codes. */
    R visit(QuantisedConv2d op, Node node);

    /** Affine map of codes. */
    R visit(QuantisedLinear op, Node node);

    /** Batch normalisation. */
    R visit(BatchNorm op, Node node);

    /** Group normalisation. */
    R visit(GroupNorm op, Node node);

    /** Element-wise non-linearity. */
    R visit(Activate op, Node node);

    /** Sum of two values. */
    R visit(Add op, Node node);

    /** Sum that can be undone. */
    R visit(Couple op, Node node);

    /** Sum with a value that is broadcast. */
    R visit(Shift op, Node node);

    /** Product with a value that is broadcast. */
    R visit(Multiply op, Node node);

    /** Sum over what was broadcast. */
    R visit(SumTo op, Node node);

    /** Constant factor and addend. */
    R visit(Affine op, Node node);

    /** Channels side by side. */
    R visit(Concat op, Node node);

    /** Some of the channels. */
    R visit(Slice op, Node node);

    /** Parameter-free shortcut. */
    R visit(PadShortcut op, Node node);

    /** Mirrored borders. */
    R visit(ReflectPad op, Node node);

    /** Maximum over windows. */
    R visit(MaxPool op, Node node);

    /** Mean over windows. */
    R visit(AveragePool op, Node node);

    /** Mean over all pixels. */
    R visit(GlobalAveragePool op, Node node);

    /** The same elements in another shape. */
    R visit(Reshape op, Node node);

    /** Affine map. */
    R visit(Linear op, Node node);

    /** Random zeros. */
    R visit(Dropout op, Node node);

    /** Random squares of zeros. */
    R visit(DropBlock op, Node node);

    /** Loss. */
    R visit(Loss op, Node node);

    /** Gradient of a convolution by its input. */
    R visit(Conv2dInputGradient op, Node node);

    /** Gradient of a convolution by its weight and bias. */
    R visit(Conv2dWeightGradient op, Node node);

    /** Gradient of batch normalisation. */
    R visit(BatchNormGradient op, Node node);

    /** Gradient of group normalisation. */
    R visit(GroupNormGradient op, Node node);

    /** Gradient of a non-linearity. */
    R visit(ActivateGradient op, Node node);

    /** Gradient of a parameter-free shortcut. */
    R visit(PadShortcutGradient op, Node node);

    /** Gradient of mirrored borders. */
    R visit(ReflectPadGradient op, Node node);

    /** Gradient of max pooling. */
    R visit(MaxPoolGradient op, Node node);

    /** Gradient of average pooling. */
    R visit(AveragePoolGradient op, Node node);

    /** Gradient of global average pooling. */
    R visit(GlobalAveragePoolGradient op, Node node);

    /** Gradient of an affine map by its input. */
    R visit(LinearInputGradient op, Node node);

    /** Gradient of an affine map by its weight and bias. */
    R visit(LinearWeightGradient op, Node node);

    /** Gradient of dropout. */
    R visit(DropoutGradient op, Node node);

    /** Gradient of the loss by the logits. */
    R visit(LossGradient op, Node node);
  }

  /**
   * A value fed from outside at each run. No inputs; one output.
   *
   * @param shape the value's shape
   */
  record Input(Shape shape) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * A trained tensor of the session's state; the node's path is its name. No inputs; one output.
   *
   * @param shape the tensor's shape
   * @param start what it holds before training
   */
  record Parameter(Shape shape, Start start) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * A tensor of the session's state that is not trained, such as a running mean. No inputs; one
   * output.
   *
   * @param shape the tensor's shape
   * @param start what it holds before training
   */
  record Buffer(Shape shape, Start start) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Cross-correlation. Inputs: x [N,I,H,W], weight [O,I/groups,kH,kW], optionally bias [O]. Output:
   * [N,O,H',W'].
   *
   * @param window kernel, stride, padding, dilation
   * @param groups channel groups convolved apart
   */
  record Conv2d(Window window, int groups) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * What inference makes of a convolution: batch norm with running statistics folded into weight
   * and bias, an addition and a non-linearity applied as the result is stored. Inputs: those of the
   * convolution; if {@code folded}, scale, shift, running mean and running variance [O]; if {@code
   * residual}, the addend [N,O,H',W'] last. Output: [N,O,H',W'].
   *
   * @param conv the convolution
   * @param bias whether the convolution has a bias input
   * @param folded whether a batch norm is folded in
   * @param epsilon the batch norm's epsilon; 0 without one
   * @param residual whether an addend follows
   * @param activation applied last
   */
  record FusedConv2d(
      Conv2d conv,
      boolean bias,
      boolean folded,
      double epsilon,
      boolean residual,
      Activation activation)
      implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Codes of numbers: the nearest, ties to even, those out of range the last one. Input: x. Output:
   * codes of x's shape.
   *
   * @param y how the codes stand for numbers
   */
  record Quantise(Scaling y) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * The numbers that codes stand for. Input: codes. Output: numbers of that shape.
   *
   * @param x how the codes stand for numbers
   */
  record Dequantise(Scaling x) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * A convolution of 8-bit codes with all that follows it at inference: activation(sum of products
   * x x.scale x weight scale + bias + addend x addend.scale), as codes or as numbers. The sum of
   * products is exact in 32 bits; the rest is single precision. Inputs: codes x [N,I,H,W]; weight
   * [O,I/groups,kH,kW] of whole numbers from -127 to 127; weight scale [O]; bias [O]; codes of the
   * addend [N,O,H',W'], if there is one. Output: [N,O,H',W'].
   *
   * @param conv the convolution
   * @param x how the codes of x stand for numbers
   * @param addend how those of the addend do, if there is one
   * @param activation applied last
   * @param y how those of the result do; empty if the result is numbers
   */
  record QuantisedConv2d(
      Conv2d conv, Scaling x, Optional<Scaling> addend, Activation activation, Optional<Scaling> y)
      implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * An affine map of 8-bit codes, its result numbers. Inputs: codes x [N,I]; weight [O,I] of whole
   * numbers from -127 to 127; weight scale [O]; bias [O]. Output: [N,O].
   *
   * @param x how the codes stand for numbers
   */
  record QuantisedLinear(Scaling x) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /** Which mean and variance a batch norm normalises with. */
  enum Statistics {
    /** Those of the batch; the running ones are moved towards them. */
    BATCH,
    /** The running ones, left as they are. */
    RUNNING
  }

  /**
   * Batch normalisation over N, H and W (Ioffe and Szegedy, arXiv:1502.03167). Inputs: x [N,C,H,W],
   * scale [C], shift [C], running mean [C], running variance [C]. Outputs: y [N,C,H,W]; mean and
   * variance [C] normalised with (the biased variance); an opaque mask where {@code activation} is
   * ReLU and the statistics are the batch's.
   *
   * @param epsilon added to the variance
   * @param momentum weight of the new value in the running statistics, as in PyTorch; the running
   *     variance takes the unbiased estimate
   * @param statistics which mean and variance
   * @param activation applied to y; IDENTITY or, once fused, RELU
   */
  record BatchNorm(double epsilon, double momentum, Statistics statistics, Activation activation)
      implements Op {
    /** Whether the node has the mask output. */
    public boolean masked() {
      return activation == Activation.RELU && statistics == Statistics.BATCH;
    }

    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Group normalisation (Wu and He, arXiv:1803.08494): each sample's channels in groups, each group
   * by its own mean and variance over its channels and pixels. Inputs: x [N,C,H,W], scale [C],
   * optionally shift [C]. Outputs: y [N,C,H,W]; mean and biased variance [N,groups].
   *
   * @param groups of channels; divides C
   * @param epsilon added to the variance
   */
  record GroupNorm(int groups, double epsilon) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * A non-linearity. Input and output of one shape.
   *
   * @param activation which
   */
  record Activate(Activation activation) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * The sum of a branch and a shortcut. Inputs: two of one shape. Output: that shape.
   *
   * @param activation applied to the sum; IDENTITY until fused
   */
  record Add(Activation activation) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * The additive coupling of a reversible block (Gomez et al. 2017, arXiv:1707.04585): carried +
   * branch(read). The gradient rebuilds {@code carried} as the sum less the branch, which it
   * computes again, so that nothing between the first and the last coupling need be kept; a plan
   * turns it into an {@link Add}. Inputs: the branch's result, carried, and read, the one
   * activation that the branch depends on; branch and carried of one shape. Output: that shape.
   */
  record Couple() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * x + b with b broadcast. Inputs: x of any shape; b of one element [1], or of x's rank with each
   * extent x's or 1. Output: x's shape.
   */
  record Shift() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * x s with s broadcast, such as a gate [N,C,1,1] or a learned scalar [1]. Inputs and output as
   * for {@link Shift}.
   */
  record Multiply() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * The sum over every extent that a broadcast repeats: the gradient of one. Input: x. Output:
   * {@code shape}, which can be broadcast to x's.
   *
   * @param shape of the sums
   */
  record SumTo(Shape shape) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * factor x + addend with constants. Input: x. Output: x's shape.
   *
   * @param factor multiplies
   * @param addend is added
   */
  record Affine(double factor, double addend) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Channels of several values side by side. Inputs: two or more [N,Ci,H,W]. Output: [N,sum of
   * Ci,H,W].
   */
  record Concat() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Channels {@code from} (inclusive) to {@code to} (exclusive). Input: [N,C,H,W]. Output:
   * [N,to-from,H,W].
   *
   * @param from first channel
   * @param to end of the channels
   */
  record Slice(int from, int to) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Shortcut option A (He et al. 2015, section 4.2): every {@code stride}-th pixel, channels padded
   * with zeros. Input: [N,C,H,W]. Output: [N,before+C+after,ceil(H/stride),ceil(W/stride)].
   *
   * @param stride pixels between samples
   * @param before channels of zeros in front
   * @param after channels of zeros behind
   */
  record PadShortcut(int stride, int before, int after) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Borders mirrored without repeating the edge, as PyTorch's ReflectionPad2d. Input: [N,C,H,W].
   * Output: [N,C,H+2 pad,W+2 pad].
   *
   * @param pad pixels on each side; less than H and W
   */
  record ReflectPad(int pad) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * The largest value of each window; padding never wins. Input: [N,C,H,W]. Outputs: [N,C,H',W'],
   * and opaque positions of the maxima of the same shape.
   *
   * @param window kernel, stride, padding, dilation
   */
  record MaxPool(Window window) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * The mean of each window. Input: [N,C,H,W]. Output: [N,C,H',W'].
   *
   * @param window kernel, stride, padding; no dilation
   * @param countPadding whether padding counts in the divisor
   */
  record AveragePool(Window window, boolean countPadding) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /** The mean over all pixels. Input: [N,C,H,W]. Output: [N,C,1,1]. */
  record GlobalAveragePool() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * The same elements, row-major, in another shape.
   *
   * @param shape the shape of the output
   */
  record Reshape(Shape shape) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /** y = x W' + b. Inputs: x [N,I], weight [O,I], optionally bias [O]. Output: [N,O]. */
  record Linear() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /** What a random zero takes away together. */
  enum Unit {
    /** One element. */
    ELEMENT,
    /** A whole sample: stochastic depth drawn for each sample. */
    SAMPLE,
    /** The whole batch: stochastic depth as in its paper (Huang et al., arXiv:1603.09382). */
    BATCH
  }

  /**
   * Inverted dropout (Srivastava et al., JMLR 2014): zero with the given probability, else divided
   * by its complement. Draws are those of (seed, step, path), counted in units: element i of x,
   * sample i, or 0. Input: x. Outputs: y of x's shape, and the mask that x is multiplied by: x's
   * shape, [N,1,1,1] (extents after N all 1, in x's rank), or all extents 1.
   *
   * @param probability of a zero, in [0, 1)
   * @param unit what one draw decides
   */
  record Dropout(double probability, Unit unit) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * DropBlock (Ghiasi et al., arXiv:1810.12890): squares of {@code size} by {@code size} pixels of
   * a channel become zero; the rest is multiplied by elements over elements kept. A square's first
   * corner falls on each pixel at which it fits with the probability {@code probability / size^2 *
   * H W / ((H-size+1) (W-size+1))}; draws are those of (seed, step, path), element by element of x.
   * Input: x [N,C,H,W]. Outputs: y and the mask that x is multiplied by, both of x's shape.
   *
   * @param probability share of the elements to drop, in [0, 1)
   * @param size of a square; at most H and W
   */
  record DropBlock(double probability, int size) implements Op {
    /**
     * Draws the mask of one step, row-major.
     *
     * @param x the shape of x
     * @param uniform draw number i, in [0, 1)
     * @param mask of as many elements as x; overwritten
     */
    public void mask(Shape x, IntToDoubleFunction uniform, float[] mask) {
      int h = x.dim(2);
      int w = x.dim(3);
      double places = (double) (h - size + 1) * (w - size + 1);
      double centre = probability / ((double) size * size) * h * w / places;
      Arrays.fill(mask, 1);
      long kept = mask.length;
      for (int i = 0; i < mask.length; i++) {
        int row = i / w % h;
        int column = i % w;
        if (row + size > h || column + size > w || uniform.applyAsDouble(i) >= centre) {
          continue;
        }
        for (int y = 0; y < size; y++) {
          for (int z = i + y * w; z < i + y * w + size; z++) {
            kept -= mask[z] == 0 ? 0 : 1;
            mask[z] = 0;
          }
        }
      }
      float scale = kept == 0 ? 0 : (float) mask.length / kept;
      for (int i = 0; i < mask.length; i++) {
        mask[i] *= scale;
      }
    }

    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * What is differentiated. Inputs: logits [N,K], targets [N,K] and, if the criterion is taught,
   * the teacher's logits [N,K]. Output: [1], the mean over N.
   *
   * @param criterion its formula
   */
  record Loss(Criterion criterion) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Inputs: gradient by the output [N,O,H',W'], weight. Output: gradient by x.
   *
   * @param conv the convolution
   * @param input the shape of x
   */
  record Conv2dInputGradient(Conv2d conv, Shape input) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Inputs: x, gradient by the output. Outputs: gradient by the weight and, with a bias, by the
   * bias.
   *
   * @param conv the convolution
   * @param weight the shape of the weight
   * @param bias whether there is a bias
   */
  record Conv2dWeightGradient(Conv2d conv, Shape weight, boolean bias) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Inputs: x, gradient by y, scale, the mean and variance that the forward pass normalised with,
   * and the mask if {@link BatchNorm#masked}. Outputs: gradients by x, scale, shift.
   *
   * @param norm the batch norm
   */
  record BatchNormGradient(BatchNorm norm) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Inputs: x, gradient by y, scale, the mean and variance of the forward pass. Outputs: gradients
   * by x, scale and, with a shift, shift.
   *
   * @param norm the group norm
   * @param shift whether there is a shift
   */
  record GroupNormGradient(GroupNorm norm, boolean shift) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Inputs: the output of the non-linearity (its input where {@link Activation#gradientFromOutput}
   * is false), gradient by the output. Output: gradient by the input.
   *
   * @param activation which
   */
  record ActivateGradient(Activation activation) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Input: gradient by the output. Output: gradient by x.
   *
   * @param shortcut the shortcut
   * @param input the shape of x
   */
  record PadShortcutGradient(PadShortcut shortcut, Shape input) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Input: gradient by the output. Output: gradient by x.
   *
   * @param pad the padding
   * @param input the shape of x
   */
  record ReflectPadGradient(ReflectPad pad, Shape input) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Inputs: positions of the maxima, gradient by the output. Output: gradient by x.
   *
   * @param pool the pooling
   * @param input the shape of x
   */
  record MaxPoolGradient(MaxPool pool, Shape input) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Input: gradient by the output. Output: gradient by x.
   *
   * @param pool the pooling
   * @param input the shape of x
   */
  record AveragePoolGradient(AveragePool pool, Shape input) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Input: gradient by the output [N,C,1,1]. Output: gradient by x.
   *
   * @param input the shape of x
   */
  record GlobalAveragePoolGradient(Shape input) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /** Inputs: gradient by the output [N,O], weight [O,I]. Output: gradient by x [N,I]. */
  record LinearInputGradient() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Inputs: x [N,I], gradient by the output [N,O]. Outputs: gradient by the weight [O,I] and, with
   * a bias, by the bias [O].
   *
   * @param bias whether there is a bias
   */
  record LinearWeightGradient(boolean bias) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /** Inputs: mask of a dropout or DropBlock, gradient by y. Output: gradient by x. */
  record DropoutGradient() implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }

  /**
   * Inputs: those of the loss. Output: gradient of the mean loss by the logits [N,K].
   *
   * @param criterion of the loss
   */
  record LossGradient(Criterion criterion) implements Op {
    @Override
    public <R> R accept(Visitor<R> visitor, Node node) {
      return visitor.visit(this, node);
    }
  }
}
