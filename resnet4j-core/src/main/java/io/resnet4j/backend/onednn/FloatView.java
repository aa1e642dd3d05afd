package io.resnet4j.backend.onednn;

import java.nio.FloatBuffer;

/** Floats at a region, seen from Java; the view is made once per address. */
final class FloatView {
  private final Region region;
  private final long count;
  private long address;
  private FloatBuffer buffer = FloatBuffer.allocate(0);

  FloatView(Region region, long count) {
    this.region = region;
    this.count = count;
  }

  FloatBuffer get() {
    if (address != region.address()) {
      address = region.address();
      buffer = Memory.floats(address, count);
    }
    return buffer;
  }
}
