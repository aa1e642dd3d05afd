package io.resnet4j.graph;

import io.resnet4j.tensor.Shape;

/**
 * One tensor that flows through a graph.
 *
 * @param id unique within a graph and everything rewritten from it
 * @param name the path of the node that makes it, with {@code #n} for a further output n
 * @param shape its extents
 */
public record Value(int id, String name, Shape shape) {
  @Override
  public boolean equals(Object other) {
    return other instanceof Value value && value.id == id;
  }

  @Override
  public int hashCode() {
    return id;
  }

  /** Such as {@code layer1.0.bn1 [128,16,32,32]}. */
  @Override
  public String toString() {
    return name + " " + shape;
  }
}
