package io.resnet4j.backend.onednn;

import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A named f32 tensor that outlives runs: a parameter, a buffer, or a constant of a lowering. It may
 * lie in the layout that a primitive likes best, so that training steps need not reorder it.
 */
final class StateTensor {
  final String namespace;
  final String path;
  final Shape shape;
  final boolean trained;

  /** Row-major, with the extents that the primitive wants (groups apart). */
  final Layout canonical;

  final Region value = Region.external();
  private Layout layout;
  private boolean pinned;
  private final Map<String, Region> companions = new HashMap<>();
  private final Set<String> slots = new HashSet<>();
  private final List<Packing> packings = new ArrayList<>();
  private StateStore.@Nullable Chunk chunk;
  private int offset;
  private int floats;

  /**
   * A copy that must follow the master, such as a bf16 one.
   *
   * @param layout of the copy
   * @param region of the copy
   * @param follower brings it up to date
   */
  record Packing(Layout layout, Region region, Followers.Follower follower) {}

  StateTensor(String namespace, String path, Shape shape, boolean trained, Layout canonical) {
    this.namespace = namespace;
    this.path = path;
    this.shape = shape;
    this.trained = trained;
    this.canonical = canonical;
    this.layout = canonical;
  }

  /** Takes the layout that a primitive prefers, unless somebody counts on the present one. */
  void adopt(Layout preferred) {
    if (!pinned) {
      layout = preferred;
      pinned = true;
    }
  }

  /** The layout of the master; it stays from now on. */
  Layout pin() {
    pinned = true;
    return layout;
  }

  /** The layout of the master as things stand. */
  Layout layout() {
    return layout;
  }

  /** The gradient or an optimiser's slot, in the master's layout. */
  Region companion(String name) {
    return companions.computeIfAbsent(name, n -> Region.external());
  }

  /** Whether it has memory. */
  boolean hasCompanion(String name) {
    return companions.containsKey(name) && companions.get(name).bound();
  }

  /** Says that an optimiser keeps something for this tensor. */
  void useSlot(String name) {
    slots.add(name);
  }

  boolean usesSlot(String name) {
    return slots.contains(name);
  }

  /** Says where it lies: {@code floats} elements of a chunk, padding included. */
  void settle(StateStore.Chunk in, int at, int length) {
    chunk = in;
    offset = at;
    floats = length;
  }

  /** The chunk that it lies in. */
  StateStore.Chunk chunk() {
    if (chunk == null) {
      throw new IllegalStateException(path + ": used before it has memory");
    }
    return chunk;
  }

  /** First element in the chunk. */
  int offset() {
    return offset;
  }

  /** Elements in the chunk, padding up to the next tensor included. */
  int floats() {
    return floats;
  }

  List<Packing> packings() {
    return packings;
  }
}
