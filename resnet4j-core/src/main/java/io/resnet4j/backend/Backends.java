package io.resnet4j.backend;

import io.resnet4j.InvalidInputException;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The backends on the class path. */
public final class Backends {
  /** The backend that production uses. */
  public static final String DEFAULT = "onednn";

  private Backends() {}

  /**
   * The backend called {@code name}.
   *
   * @throws InvalidInputException if there is none
   */
  public static Backend named(String name) {
    TreeMap<String, Backend> known = new TreeMap<>();
    for (Backend backend : ServiceLoader.load(Backend.class)) {
      known.put(backend.name(), backend);
    }
    Backend backend = known.get(name);
    if (backend == null) {
      throw new InvalidInputException(
          "backend '" + name + "' is unknown; use one of " + known.keySet());
    }
    return backend;
  }
}
