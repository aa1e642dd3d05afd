package io.resnet4j.backend.onednn;

import java.util.ArrayDeque;
import java.util.Deque;

/** What must be freed, freed in the opposite order. */
final class Resources implements AutoCloseable {
  private final Deque<Runnable> frees = new ArrayDeque<>();

  void onClose(Runnable free) {
    frees.push(free);
  }

  /** How many there are. */
  int count() {
    return frees.size();
  }

  /** Frees those that came after so many. */
  void closeTo(int count) {
    while (frees.size() > count) {
      frees.pop().run();
    }
  }

  @Override
  public void close() {
    closeTo(0);
  }
}
