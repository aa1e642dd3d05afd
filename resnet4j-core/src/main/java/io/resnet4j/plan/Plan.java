package io.resnet4j.plan;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.DType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a backend runs: a graph of concrete operations in execution order, with the element type and
 * lifetime of every value. Knows nothing of layouts, implementations or bytes.
 *
 * @param graph fused operations, forward then backward
 * @param precision what numbers it computes with
 * @param types element type of each value; opaque values carry their neighbours' type
 * @param lifetimes when each value is needed
 * @param gradients the gradient of the loss by each value that was asked for, keyed by that value's
 *     name; a parameter's key is its path
 * @param observed values kept until the end of the run besides outputs and gradients
 * @param namespace whose state the parameters and buffers are
 */
public record Plan(
    Graph graph,
    Precision precision,
    Map<Value, DType> types,
    Map<Value, Lifetime> lifetimes,
    Map<String, Value> gradients,
    Set<Value> observed,
    String namespace) {
  /** Copies the collections. */
  public Plan {
    types = Map.copyOf(types);
    lifetimes = Map.copyOf(lifetimes);
    gradients = Collections.unmodifiableMap(new LinkedHashMap<>(gradients));
    observed = Set.copyOf(observed);
  }

  /** Whether the plan computes gradients of parameters. */
  public boolean trains() {
    return !gradients.isEmpty();
  }

  /** Element type of {@code value}. */
  public DType type(Value value) {
    DType type = types.get(value);
    if (type == null) {
      throw new IllegalStateException("plan: no type for " + value);
    }
    return type;
  }
}
