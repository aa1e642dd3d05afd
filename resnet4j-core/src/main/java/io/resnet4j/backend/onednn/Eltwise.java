package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_binary_add;
import static org.bytedeco.dnnl.global.dnnl.dnnl_data_type_undef;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_gelu_erf;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_linear;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_logistic;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_logistic_use_dst_for_bwd;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_relu;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_relu_use_dst_for_bwd;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_swish;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_tanh;
import static org.bytedeco.dnnl.global.dnnl.dnnl_eltwise_tanh_use_dst_for_bwd;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_binary;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_eltwise;
import static org.bytedeco.dnnl.global.dnnl.dnnl_post_ops_append_sum;

import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Scaling;
import org.bytedeco.dnnl.dnnl_post_ops;

/** oneDNN's names of the non-linearities. */
final class Eltwise {
  private Eltwise() {}

  static int forward(Activation activation) {
    return switch (activation) {
      case IDENTITY -> throw new IllegalArgumentException("no primitive computes the identity");
      case RELU -> dnnl_eltwise_relu;
      case SIGMOID -> dnnl_eltwise_logistic;
      case TANH -> dnnl_eltwise_tanh;
      case SILU -> dnnl_eltwise_swish;
      case LEAKY_RELU -> dnnl_eltwise_relu;
      case GELU -> dnnl_eltwise_gelu_erf;
    };
  }

  /** The form whose gradient reads the output where the mathematics allows it. */
  static int differentiable(Activation activation) {
    return switch (activation) {
      case IDENTITY -> throw new IllegalArgumentException("no primitive computes the identity");
      case RELU -> dnnl_eltwise_relu_use_dst_for_bwd;
      case SIGMOID -> dnnl_eltwise_logistic_use_dst_for_bwd;
      case TANH -> dnnl_eltwise_tanh_use_dst_for_bwd;
      case SILU -> dnnl_eltwise_swish;
      case LEAKY_RELU -> dnnl_eltwise_relu_use_dst_for_bwd;
      case GELU -> dnnl_eltwise_gelu_erf;
    };
  }

  /** Slope of the negative side of ReLU, or the factor inside swish. */
  static float alpha(Activation activation) {
    return switch (activation) {
      case SILU -> 1;
      case LEAKY_RELU -> (float) Activation.LEAK;
      default -> 0;
    };
  }

  static void append(dnnl_post_ops operations, Activation activation) {
    if (activation != Activation.IDENTITY) {
      Dnnl.check(
          dnnl_post_ops_append_eltwise(operations, forward(activation), alpha(activation), 0),
          "post-op");
    }
  }

  /** Adds what the destination held before. */
  static void appendSum(dnnl_post_ops operations) {
    Dnnl.check(dnnl_post_ops_append_sum(operations, 1, 0, dnnl_data_type_undef), "post-op");
  }

  /** Adds the numbers that codes in the destination stand for. */
  static void appendSum(dnnl_post_ops operations, Scaling codes) {
    int type = Dnnl.type(codes.type());
    Dnnl.check(dnnl_post_ops_append_sum(operations, codes.scale(), 0, type), "post-op");
  }

  /** Multiplies. */
  static void appendScale(dnnl_post_ops operations, float factor) {
    Dnnl.check(dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_linear, factor, 0), "post-op");
  }

  /** Adds another tensor. */
  static void appendAdd(dnnl_post_ops operations, Layout addend) {
    Dnnl.check(dnnl_post_ops_append_binary(operations, dnnl_binary_add, addend.desc()), "post-op");
  }
}
