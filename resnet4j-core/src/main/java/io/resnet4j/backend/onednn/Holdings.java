package io.resnet4j.backend.onednn;

import java.util.function.LongFunction;

/**
 * All that a session holds outside the Java heap and the thread that may free it. Knows nothing of
 * the session, so that it outlives one that was forgotten ({@link LeakAlarm}).
 */
final class Holdings {
  final EngineThread engine = new EngineThread();
  final Resources resources = new Resources();
  final GrowingMemory arena;

  /**
   * Nothing yet.
   *
   * @param allocator of the arena
   */
  Holdings(LongFunction<Memory> allocator) {
    arena = new GrowingMemory(allocator);
  }

  /** Frees everything, on the engine's thread as all native calls, and gives the thread back. */
  void free() {
    engine.run(
        () -> {
          resources.close();
          arena.close();
        });
    engine.close();
  }
}
