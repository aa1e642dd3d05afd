package io.resnet4j.backend;

import io.resnet4j.plan.Plan;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Owns named state and any number of executables over it, and all memory behind both. State is
 * addressed by namespace ({@code model}, {@code ema}, an optimiser's slot) and path; it comes into
 * being, as zeros, when the first plan that names it is prepared. Not safe for use by several
 * threads at once. After {@link #close} every method throws {@link IllegalStateException}.
 */
public interface Session extends AutoCloseable {
  /** In {@link #blend}, the gradients of the namespace {@code model}. */
  String GRADIENT = "gradient";

  /** In {@link #blend}, a place for sums of gradients, as large as they are. */
  String ACCUMULATED = "accumulated";

  /**
   * Makes a plan ready to run: chooses implementations, packs memory, allocates.
   *
   * @throws io.resnet4j.NotEnoughMemoryException if the plan needs more than there is; nothing has
   *     been allocated then
   * @throws IllegalStateException if the backend cannot run the plan
   * @throws OutOfMemoryError if the system refuses what seemed to be there. Earlier plans then run
   *     as before or, where it refuses their memory too, throw {@link IllegalStateException} until
   *     one has been prepared again
   */
  Executable prepare(Plan plan);

  /**
   * Sets a tensor of the state, in canonical layout.
   *
   * @throws io.resnet4j.InvalidInputException if no prepared plan has such a tensor, or of another
   *     shape
   */
  void write(String namespace, String path, Tensor value);

  /** A copy of a tensor of the state, in canonical layout; F64 from an F64 session, else F32. */
  Tensor read(String namespace, String path);

  /** The gradient that the last run of a training plan left for a parameter, canonical layout. */
  Tensor readGradient(String namespace, String path);

  /** Shapes of all tensors of a namespace by path, in the order in which plans named them. */
  Map<String, Shape> state(String namespace);

  /**
   * Takes the memory that updates by some groups need, and that of what else lies beside each
   * parameter of a namespace, before it is first used, so that no step takes any. Nothing else
   * changes: {@link #state} does not know of it yet. A backend that takes such memory from the Java
   * heap does nothing.
   *
   * @param groups that {@link #update} will be given, at any learning rate
   * @param names of the rest: {@link #ACCUMULATED}
   * @throws io.resnet4j.InvalidInputException if the namespace lacks a parameter of a group
   * @throws io.resnet4j.NotEnoughMemoryException if there is less; nothing has been allocated then
   */
  default void reserve(String namespace, List<UpdateRule.Group> groups, Collection<String> names) {}

  /**
   * Moves parameters of a namespace by their gradients. Slots are created, as zeros, at first use,
   * or before that by {@link #reserve}.
   *
   * @param groups parameters with the rule by which each moves; a parameter stands in one at most
   * @param step how many updates came before, from which rules with moving means correct their bias
   * @throws io.resnet4j.InvalidInputException if a parameter is in two groups or has no gradient
   * @throws io.resnet4j.NotEnoughMemoryException if memory is taken that was not reserved, and
   *     there is not as much
   */
  void update(String namespace, List<UpdateRule.Group> groups, long step);

  /**
   * The Euclidean norm of gradients of a namespace, taken together and summed in double; not finite
   * if a gradient is not.
   */
  double gradientNorm(String namespace, Collection<String> paths);

  /**
   * Sets tensors to {@code keep into + add from}. Weight averages, sums over micro-batches and
   * clipped gradients are made of this. Tensors of {@code into} that the session does not have yet
   * come into being like those of {@code from}; with a {@code keep} or {@code add} of 0 that side
   * is not read.
   *
   * @param into namespace, {@link #GRADIENT} or {@link #ACCUMULATED}
   * @param from likewise
   * @param paths parameters, and buffers where both are namespaces
   */
  void blend(String into, double keep, String from, double add, Collection<String> paths);

  /**
   * The implementation that each operation with several got, by a key of the backend's own: given
   * to {@link Choices#fixed}, they make another session compute the same bits.
   */
  default Map<String, String> choices() {
    return Map.of();
  }

  /** Bytes that the session holds outside the Java heap. */
  long bytes();

  /** Frees everything; a second call does nothing. */
  @Override
  void close();
}
