package io.resnet4j.graph;

import io.resnet4j.tensor.Shape;

/**
 * The closed family of operations. N is the batch, C channels, H and W pixels, K classes; inputs
 * and outputs are listed in the order of {@link Node#inputs} and {@link Node#outputs}. "Opaque"
 * outputs are a backend's own notes from the forward to the backward pass, meaningless elsewhere.
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

    /** Batch normalisation. */
    R visit(BatchNorm op, Node node);

    /** Element-wise non-linearity. */
    R visit(Activate op, Node node);

    /** Sum of two values. */
    R visit(Add op, Node node);

    /** Parameter-free shortcut. */
    R visit(PadShortcut op, Node node);

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

    /** Loss. */
    R visit(Loss op, Node node);

    /** Gradient of a convolution by its input. */
    R visit(Conv2dInputGradient op, Node node);

    /** Gradient of a convolution by its weight and bias. */
    R visit(Conv2dWeightGradient op, Node node);

    /** Gradient of batch normalisation. */
    R visit(BatchNormGradient op, Node node);

    /** Gradient of a non-linearity. */
    R visit(ActivateGradient op, Node node);

    /** Gradient of a parameter-free shortcut. */
    R visit(PadShortcutGradient op, Node node);

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
   */
  record Parameter(Shape shape) implements Op {
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
   */
  record Buffer(Shape shape) implements Op {
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

  /**
   * Inverted dropout (Srivastava et al., JMLR 2014): zero with the given probability, else divided
   * by its complement. Draws are those of (seed, step, path). Input: x. Outputs: y, and the opaque
   * mask, both of x's shape.
   *
   * @param probability of a zero, in [0, 1)
   */
  record Dropout(double probability) implements Op {
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

  /** Inputs: mask, gradient by y. Output: gradient by x. */
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
