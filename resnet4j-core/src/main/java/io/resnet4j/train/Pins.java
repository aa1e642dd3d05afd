package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.plan.Plan;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * What the bits of a run depend on besides what it was given: the threads, the backend's library
 * and instruction set, and the plan of a step (what is fused, its order, the element types).
 */
final class Pins {
  private Pins() {}

  static Map<String, String> of(Backend backend, Plan step) {
    Map<String, String> pins = new LinkedHashMap<>();
    String threads = System.getenv("OMP_NUM_THREADS");
    pins.put(
        "threads",
        threads == null ? Integer.toString(Runtime.getRuntime().availableProcessors()) : threads);
    pins.putAll(backend.describe());
    CRC32 crc = new CRC32();
    crc.update(step.graph().toString().getBytes(StandardCharsets.UTF_8));
    step.graph()
        .nodes()
        .forEach(node -> node.outputs().forEach(value -> crc.update(step.type(value).ordinal())));
    pins.put("plan", Long.toHexString(crc.getValue()));
    return pins;
  }

  /**
   * Refuses to go on where other bits would come out.
   *
   * @param then of the checkpoint; empty in those older than pins, which are let pass
   * @param allowed whether a difference is only worth a warning
   * @return the warning
   * @throws InvalidInputException naming what differs, with both values
   */
  static Optional<String> require(
      Path file, Map<String, String> then, Map<String, String> now, boolean allowed) {
    List<String> different = new ArrayList<>();
    then.forEach(
        (key, value) -> {
          String other = now.getOrDefault(key, "absent");
          if (!value.equals(other)) {
            different.add(key + " was " + value + ", is " + other);
          }
        });
    if (different.isEmpty()) {
      return Optional.empty();
    }
    String what = file + ": computed otherwise: " + String.join("; ", different);
    if (!allowed) {
      throw new InvalidInputException(
          what
              + "; the run would end with other bits: resume as it was begun, or allow it"
              + " (--allow-different-machine)");
    }
    return Optional.of(what + "; going on, as allowed: the run ends with other bits");
  }
}
