package io.resnet4j.backend;

import io.resnet4j.plan.Plan;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Owns named state and any number of executables over it, and all memory behind both. State is
 * addressed by namespace ({@code model}, {@code ema}, an optimiser's slot) and path; it comes into
 * being, as zeros, when the first plan that names it is prepared. Not safe for use by several
 * threads at once. After {@link #close} every method throws {@link IllegalStateException}.
 */
public interface Session extends AutoCloseable {
  /**
   * Makes a plan ready to run: chooses implementations, packs memory, allocates.
   *
   * @throws io.resnet4j.InvalidInputException if the plan needs more memory than there is; nothing
   *     has been allocated then
   * @throws IllegalStateException if the backend cannot run the plan
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
   * Moves parameters of a namespace by their gradients. Slots are created, as zeros, at first use.
   */
  void update(String namespace, UpdateRule rule, List<UpdateRule.Group> groups);

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
