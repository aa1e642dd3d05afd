package io.resnet4j.backend.onednn;

import java.util.Optional;

/**
 * All that a session holds outside the Java heap and the thread that may free it. Knows nothing of
 * the session, so that it outlives one that was forgotten ({@link LeakAlarm}).
 */
final class Holdings {
  final EngineThread engine = new EngineThread();
  final Resources resources = new Resources();
  private Optional<Memory> arena = Optional.empty();

  Optional<Memory> arena() {
    return arena;
  }

  /** A larger arena in place of the one before, whose content is lost. */
  Memory replaceArena(long bytes) {
    arena.ifPresent(Memory::close);
    arena = Optional.empty();
    Memory larger = new Memory(bytes);
    arena = Optional.of(larger);
    return larger;
  }

  /** Frees everything, on the engine's thread as all native calls, and gives the thread back. */
  void free() {
    engine.run(
        () -> {
          resources.close();
          arena.ifPresent(Memory::close);
        });
    engine.close();
  }
}
