package io.resnet4j.backend.onednn;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A batch norm with running statistics folded into the convolution before it: weight w scale /
 * sqrt(variance + epsilon), bias shift + (b - mean) scale / sqrt(variance + epsilon).
 *
 * @param store where the masters lie
 * @param key names what is folded, so that plans over the same state share it
 * @param weight of the convolution
 * @param bias of the convolution, if it has one
 * @param norm scale, shift, running mean, running variance
 * @param epsilon of the batch norm
 */
record Folding(
    StateStore store,
    String key,
    StateTensor weight,
    Optional<StateTensor> bias,
    List<StateTensor> norm,
    double epsilon) {
  static Folding of(Lowering lowering, Op.FusedConv2d op, Node node, long[] weightDims) {
    List<Value> inputs = node.inputs();
    StateTensor weight = lowering.store.tensor(lowering.plan, inputs.get(1), weightDims);
    List<StateTensor> vectors = new ArrayList<>();
    for (Value value : inputs.subList(2, 6 + (op.bias() ? 1 : 0))) {
      StateTensor vector =
          lowering.store.tensor(lowering.plan, value, Lowering.dims(value.shape()));
      vector.pin();
      vectors.add(vector);
    }
    Optional<StateTensor> bias = op.bias() ? Optional.of(vectors.remove(0)) : Optional.empty();
    String key =
        inputs.subList(1, 6 + (op.bias() ? 1 : 0)).stream()
            .map(Value::name)
            .collect(Collectors.joining(" ", lowering.plan.namespace() + " folded ", ""));
    return new Folding(
        lowering.store, key + " " + op.epsilon(), weight, bias, vectors, op.epsilon());
  }

  private float[] vector(int index) {
    return store.read(norm.get(index));
  }

  private double[] factors() {
    float[] scale = vector(0);
    float[] variance = vector(3);
    double[] factors = new double[scale.length];
    for (int o = 0; o < factors.length; o++) {
      factors[o] = scale[o] / Math.sqrt(variance[o] + epsilon);
    }
    return factors;
  }

  float[] foldedWeight() {
    float[] values = store.read(weight);
    double[] factors = factors();
    int each = values.length / factors.length;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factors[i / each]);
    }
    return values;
  }

  float[] foldedBias() {
    double[] factors = factors();
    float[] shift = vector(1);
    float[] mean = vector(2);
    float[] own = bias.map(store::read).orElse(new float[shift.length]);
    float[] values = new float[shift.length];
    for (int o = 0; o < values.length; o++) {
      values[o] = (float) (shift[o] + (own[o] - (double) mean[o]) * factors[o]);
    }
    return values;
  }
}
