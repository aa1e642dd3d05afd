package io.resnet4j.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Packs buffers with known lifetimes into one arena: largest first, each into the lowest gap
 * between those already placed that live at the same time (Pisarchyk and Lee, arXiv:2001.03288,
 * "greedy by size").
 */
public final class MemoryPlanner {
  private MemoryPlanner() {}

  /**
   * A buffer to place.
   *
   * @param bytes its size, at least 0
   * @param lifetime when it is needed
   */
  public record Request(long bytes, Lifetime lifetime) {}

  /**
   * Where the buffers lie.
   *
   * @param offsets of each request, in their order
   * @param bytes size of the arena
   */
  public record Packing(List<Long> offsets, long bytes) {
    /** Copies the list. */
    public Packing {
      offsets = List.copyOf(offsets);
    }
  }

  /** Places every request at a multiple of {@code alignment}. */
  public static Packing pack(List<Request> requests, long alignment) {
    Long[] offsets = new Long[requests.size()];
    Integer[] order = new Integer[requests.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingLong((Integer i) -> -requests.get(i).bytes()));
    List<Integer> placed = new ArrayList<>();
    long total = 0;
    for (int index : order) {
      Request request = requests.get(index);
      long at = 0;
      // `placed` is sorted by offset, so the first gap that is wide enough is the lowest one.
      for (int other : placed) {
        Request neighbour = requests.get(other);
        if (!neighbour.lifetime().overlaps(request.lifetime())) {
          continue;
        }
        if (offsets[other] - at >= request.bytes()) {
          break;
        }
        at = Math.max(at, alignUp(offsets[other] + neighbour.bytes(), alignment));
      }
      offsets[index] = at;
      total = Math.max(total, at + request.bytes());
      insert(placed, index, offsets);
    }
    return new Packing(Arrays.asList(offsets), alignUp(total, alignment));
  }

  private static void insert(List<Integer> placed, int index, Long[] offsets) {
    int low = 0;
    int high = placed.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (offsets[placed.get(middle)] < offsets[index]) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    placed.add(low, index);
  }

  private static long alignUp(long value, long alignment) {
    return (value + alignment - 1) / alignment * alignment;
  }
}
