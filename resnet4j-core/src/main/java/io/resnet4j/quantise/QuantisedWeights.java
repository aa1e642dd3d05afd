package io.resnet4j.quantise;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.interop.Folded;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * A layer's weight in whole numbers from -127 to 127 with a scale for each output channel,
 * symmetric so that the largest size in a channel is 127; and its bias. A batch norm is folded in
 * before.
 *
 * @param weight S8, the shape of the layer's weight
 * @param scale F32 [O]
 * @param bias F32 [O]
 */
record QuantisedWeights(Tensor weight, Tensor scale, Tensor bias) {
  /** Of a channel of zeros; any would do. */
  private static final float ZERO_SCALE = 0x1p-20f;

  /** Those of a layer of a fused graph. */
  static QuantisedWeights of(Node layer, Map<String, Tensor> state) {
    List<Tensor> given =
        layer.inputs().stream()
            .skip(1)
            .map(Value::name)
            .filter(state::containsKey)
            .map(state::get)
            .toList();
    Tensor weight = given.get(0);
    Shape outputs = Shape.of(weight.shape().dim(0));
    if (layer.op() instanceof Op.FusedConv2d conv && conv.folded()) {
      int own = conv.bias() ? 2 : 1;
      Folded folded = Folded.of(given.subList(0, own), given.subList(own, own + 4), conv.epsilon());
      return of(folded.weight(), folded.bias());
    }
    return of(weight, given.size() > 1 ? given.get(1) : Tensor.zeros(outputs, DType.F32));
  }

  private static QuantisedWeights of(Tensor weight, Tensor bias) {
    float[] numbers = weight.toFloats();
    int channels = weight.shape().dim(0);
    int each = numbers.length / channels;
    float[] scales = new float[channels];
    byte[] codes = new byte[numbers.length];
    for (int o = 0; o < channels; o++) {
      float most = 0;
      for (int i = o * each; i < (o + 1) * each; i++) {
        most = Math.max(most, Math.abs(numbers[i]));
      }
      scales[o] = most / 127 >= Float.MIN_NORMAL ? most / 127 : ZERO_SCALE;
      for (int i = o * each; i < (o + 1) * each; i++) {
        double code = Math.rint((double) numbers[i] / scales[o]);
        codes[i] = (byte) Math.max(-127, Math.min(127, code));
      }
    }
    return new QuantisedWeights(
        Tensor.of(weight.shape(), DType.S8, ByteBuffer.wrap(codes)),
        Tensor.ofFloats(Shape.of(channels), scales),
        bias);
  }
}
