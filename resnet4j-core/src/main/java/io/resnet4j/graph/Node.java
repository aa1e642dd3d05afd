package io.resnet4j.graph;

import java.util.List;

/**
 * One operation applied.
 *
 * @param path stable and unique in the graph; the label in messages, checkpoints and diagnoses
 * @param op what is done
 * @param inputs what it reads, in the order that the operation's documentation gives
 * @param outputs what it makes, likewise
 */
public record Node(String path, Op op, List<Value> inputs, List<Value> outputs) {
  /** Copies the lists. */
  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** Input {@code index}. */
  public Value input(int index) {
    return inputs.get(index);
  }

  /** The first output. */
  public Value output() {
    return outputs.get(0);
  }

  /** Output {@code index}. */
  public Value output(int index) {
    return outputs.get(index);
  }
}
