package io.resnet4j.backend.onednn;

/**
 * A piece of memory whose address is known once it is bound: part of the arena, of the state or of
 * an executable's own inputs.
 */
final class Region {
  private final long bytes;
  private final boolean planned;
  private int first = Integer.MAX_VALUE;
  private int last = -1;
  private boolean shared;
  private long address;

  private Region(long bytes, boolean planned) {
    this.bytes = bytes;
    this.planned = planned;
  }

  /** A region that the memory planner will place in the arena by the steps that use it. */
  static Region planned(long bytes) {
    return new Region(bytes, true);
  }

  /** A region that somebody else places, such as state. */
  static Region external() {
    return new Region(0, false);
  }

  long bytes() {
    return bytes;
  }

  void usedAt(int step) {
    first = Math.min(first, step);
    last = Math.max(last, step);
  }

  int first() {
    return first;
  }

  int last() {
    return last;
  }

  /** Marks that two values live here, so that neither may be overwritten in place. */
  void share() {
    shared = true;
  }

  boolean mayBeOverwritten() {
    return planned && !shared;
  }

  void bind(long newAddress) {
    address = newAddress;
  }

  boolean bound() {
    return address != 0;
  }

  long address() {
    if (address == 0) {
      throw new IllegalStateException("a region is used before it is bound");
    }
    return address;
  }
}
