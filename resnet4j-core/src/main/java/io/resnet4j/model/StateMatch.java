package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a set of named tensors fits a network. PyTorch's {@code num_batches_tracked} counters, which
 * nothing here reads, are left out.
 *
 * @param matched names of one shape on both sides
 * @param missing names that the network has and the tensors lack
 * @param unexpected names that the tensors have and the network lacks
 * @param mismatched names of different shapes
 */
public record StateMatch(
    List<String> matched,
    List<String> missing,
    List<String> unexpected,
    List<Mismatch> mismatched) {
  private static final String COUNTER = ".num_batches_tracked";
  private static final int SHOWN = 3;

  /** Copies the lists. */
  public StateMatch {
    matched = List.copyOf(matched);
    missing = List.copyOf(missing);
    unexpected = List.copyOf(unexpected);
    mismatched = List.copyOf(mismatched);
  }

  /**
   * A tensor of the wrong shape.
   *
   * @param name of the tensor
   * @param expected by the network
   * @param given in the tensors
   */
  public record Mismatch(String name, Shape expected, Shape given) {
    /** Such as {@code fc.weight is [10,64], expected [100,64]}. */
    @Override
    public String toString() {
      return name + " is " + given + ", expected " + expected;
    }
  }

  /** Compares {@code tensors} with what {@code spec} needs. */
  public static StateMatch of(ModelSpec spec, Map<String, Tensor> tensors) {
    List<String> matched = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    List<Mismatch> mismatched = new ArrayList<>();
    Map<String, Shape> expected = spec.stateShapes();
    expected.forEach(
        (name, shape) -> {
          Tensor tensor = tensors.get(name);
          if (tensor == null) {
            missing.add(name);
          } else if (tensor.shape().equals(shape)) {
            matched.add(name);
          } else {
            mismatched.add(new Mismatch(name, shape, tensor.shape()));
          }
        });
    List<String> unexpected =
        tensors.keySet().stream()
            .filter(name -> !expected.containsKey(name) && !name.endsWith(COUNTER))
            .toList();
    return new StateMatch(matched, missing, unexpected, mismatched);
  }

  /** Whether every tensor has its place and every place its tensor. */
  public boolean complete() {
    return missing.isEmpty() && unexpected.isEmpty() && mismatched.isEmpty();
  }

  /**
   * Refuses tensors that do not fit entirely.
   *
   * @param where what the message begins with, such as the file
   * @throws InvalidInputException unless {@link #complete}
   */
  public void requireComplete(String where) {
    if (!complete()) {
      throw new InvalidInputException(where + ": the weights do not fit: " + this);
    }
  }

  /** One line with counts and the first names of each kind. */
  @Override
  public String toString() {
    return matched.size()
        + " matched"
        + part("missing", missing)
        + part("unexpected", unexpected)
        + part("of another shape", mismatched);
  }

  private static String part(String kind, List<?> names) {
    if (names.isEmpty()) {
      return "";
    }
    String first = String.join(", ", names.stream().limit(SHOWN).map(Object::toString).toList());
    String more = names.size() > SHOWN ? ", ..." : "";
    return "; " + names.size() + " " + kind + " (" + first + more + ")";
  }
}
