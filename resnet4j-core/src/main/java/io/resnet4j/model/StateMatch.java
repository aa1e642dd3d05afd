package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.nn.HeadKind;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How a set of named tensors fits a network. PyTorch's {@code num_batches_tracked} counters, which
 * nothing here reads, are left out.
 *
 * @param head path of the network's last affine map
 * @param matched names of one shape on both sides
 * @param missing names that the network has and the tensors lack
 * @param unexpected names that the tensors have and the network lacks
 * @param mismatched names of different shapes
 * @param remedy what to do where the network is told for other pictures than the tensors were made
 *     for; empty otherwise
 */
public record StateMatch(
    String head,
    List<String> matched,
    List<String> missing,
    List<String> unexpected,
    List<Mismatch> mismatched,
    String remedy) {
  /** What follows a batch norm's path in the name of PyTorch's counter of its batches. */
  static final String COUNTER = ".num_batches_tracked";

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
    return new StateMatch(
        spec.head(), matched, missing, unexpected, mismatched, remedy(spec, mismatched));
  }

  /** Another size of picture gives a head that flattens another number of inputs. */
  private static String remedy(ModelSpec spec, List<Mismatch> mismatched) {
    boolean flattens = spec instanceof ResNetSpec resnet && resnet.headKind() == HeadKind.FLATTEN;
    String weight = spec.head() + ".weight";
    return flattens
            && mismatched.stream()
                .anyMatch(
                    m ->
                        m.name().equals(weight)
                            && m.given().rank() == 2
                            && m.given().dim(1) != m.expected().dim(1))
        ? "; the head flattens, so it fits pictures of one size: give the one that it was trained"
            + " on in place of "
            + spec.height()
            + "x"
            + spec.width()
        : "";
  }

  /** Whether every tensor has its place and every place its tensor. */
  public boolean complete() {
    return missing.isEmpty() && unexpected.isEmpty() && mismatched.isEmpty();
  }

  /** Whether {@code name} is of the head, which tells the classes apart. */
  boolean isHead(String name) {
    return name.startsWith(head + ".");
  }

  /** Whether some tensor of the head is missing or of another shape. */
  public boolean headDiffers() {
    return missing.stream().anyMatch(this::isHead)
        || mismatched.stream().anyMatch(mismatch -> isHead(mismatch.name()));
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

  /**
   * Refuses tensors that do not fit but for what is allowed.
   *
   * @param where what the message begins with, such as the file
   * @throws InvalidInputException if more would have to be allowed, which the message names, or
   *     nothing matches
   */
  public void require(String where, Set<Tolerance> allowed) {
    if (matched.isEmpty()) {
      throw new InvalidInputException(where + ": none of the weights fit: " + this);
    }
    Set<Tolerance> lacking = lacking(allowed);
    if (!lacking.isEmpty()) {
      String options = String.join(" and ", lacking.stream().map(Tolerance::option).toList());
      throw new InvalidInputException(
          where + ": the weights do not fit: " + this + "; " + options + " would allow that");
    }
  }

  private Set<Tolerance> lacking(Set<Tolerance> allowed) {
    Set<Tolerance> needed = EnumSet.noneOf(Tolerance.class);
    missing.forEach(name -> needed.add(lacking(name, Tolerance.MISSING, allowed)));
    mismatched.forEach(
        mismatch -> needed.add(lacking(mismatch.name(), Tolerance.MISMATCHED, allowed)));
    if (!unexpected.isEmpty()) {
      needed.add(Tolerance.UNEXPECTED);
    }
    needed.removeAll(allowed);
    return needed;
  }

  /** What must be allowed for {@code name}: either will do for the head. */
  private Tolerance lacking(String name, Tolerance general, Set<Tolerance> allowed) {
    return isHead(name) && !allowed.contains(general) ? Tolerance.NEW_HEAD : general;
  }

  /** One line with counts and the first names of each kind. */
  @Override
  public String toString() {
    return matched.size()
        + " matched"
        + part("missing", missing)
        + part("unexpected", unexpected)
        + part("of another shape", mismatched)
        + remedy;
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
