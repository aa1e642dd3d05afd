package io.resnet4j.app;

import java.util.Locale;

/**
 * Something that the doctor found.
 *
 * @param name of what was looked at
 * @param value what it is
 * @param state what that means
 * @param remedy what to do; empty where nothing needs to be done
 */
record Finding(String name, String value, State state, String remedy) {
  /** What a finding means. */
  enum State {
    /** As it should be. */
    OK,
    /** Works, but less well than it could. */
    NOTE,
    /** Does not work. */
    BROKEN;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String name, String value) {
    return new Finding(name, value, State.OK, "");
  }

  static Finding note(String name, String value, String remedy) {
    return new Finding(name, value, State.NOTE, remedy);
  }

  static Finding broken(String name, String value, String remedy) {
    return new Finding(name, value, State.BROKEN, remedy);
  }
}
