package io.resnet4j.backend.onednn;

import java.util.ArrayDeque;
import java.util.Deque;

/** What must be freed, freed in the opposite order. */
final class Resources implements AutoCloseable {
  private final Deque<Runnable> frees = new ArrayDeque<>();

  void onClose(Runnable free) {
    frees.push(free);
  }

  @Override
  public void close() {
    while (!frees.isEmpty()) {
      frees.pop().run();
    }
  }
}
