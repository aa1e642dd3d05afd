package io.resnet4j.backend.onednn;

import io.resnet4j.backend.Choices;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;

/**
 * Chooses between oneDNN's implementations of a primitive that leave the layouts of its activations
 * as they are: the first is oneDNN's own guess, and not always the fastest.
 */
final class Tuner {
  /** An implementation must be this much faster than oneDNN's first choice to be taken. */
  private static final double WORTH = 0.95;

  private static final int MOST_RUNS = 6;
  private static final long MOST_NANOS = 60_000_000;

  private final Dnnl engine;
  private final Choices given;
  private final Map<String, String> made = new TreeMap<>();

  Tuner(Dnnl engine, Choices given) {
    this.engine = engine;
    this.given = given;
  }

  /** What every tuned primitive got. */
  Map<String, String> choices() {
    return Map.copyOf(made);
  }

  /** An argument of a primitive and the query that tells its layout. */
  enum Role {
    SRC(dnnl.DNNL_ARG_SRC, dnnl.dnnl_query_src_md, 0, true),
    WEIGHTS(dnnl.DNNL_ARG_WEIGHTS, dnnl.dnnl_query_weights_md, 0, false),
    BIAS(dnnl.DNNL_ARG_BIAS, dnnl.dnnl_query_weights_md, 1, false),
    DST(dnnl.DNNL_ARG_DST, dnnl.dnnl_query_dst_md, 0, true),
    DIFF_SRC(dnnl.DNNL_ARG_DIFF_SRC, dnnl.dnnl_query_diff_src_md, 0, true),
    DIFF_WEIGHTS(dnnl.DNNL_ARG_DIFF_WEIGHTS, dnnl.dnnl_query_diff_weights_md, 0, false),
    DIFF_BIAS(dnnl.DNNL_ARG_DIFF_BIAS, dnnl.dnnl_query_diff_weights_md, 1, false),
    DIFF_DST(dnnl.DNNL_ARG_DIFF_DST, dnnl.dnnl_query_diff_dst_md, 0, true);

    private final int argument;
    private final int query;
    private final int index;
    private final boolean activation;

    Role(int argument, int query, int index, boolean activation) {
      this.argument = argument;
      this.query = query;
      this.index = index;
      this.activation = activation;
    }

    private dnnl_memory_desc of(dnnl_primitive_desc description) {
      return dnnl.dnnl_primitive_desc_query_md(description, query, index);
    }
  }

  /** Describes a primitive, owned by {@code owner}: the same one each time. */
  interface Maker {
    /** Null where nothing implements it. */
    @Nullable dnnl_primitive_desc make(Resources owner);
  }

  /**
   * The description that {@code maker} makes, of the implementation that was chosen before or is
   * now measured.
   *
   * @param what the operation with all that it depends on besides the layouts of its activations
   * @param roles its tensors
   */
  dnnl_primitive_desc choose(Maker maker, Resources owner, String what, List<Role> roles) {
    dnnl_primitive_desc description = maker.make(owner);
    if (description == null) {
      throw new IllegalStateException("oneDNN: nothing implements " + what);
    }
    String key = what + layouts(description, roles);
    String choice = made.containsKey(key) ? made.get(key) : given.known().get(key);
    if (choice == null || !exists(maker, choice)) {
      choice = given.measure() ? fastest(maker, roles) : Dnnl.implementation(description);
    }
    made.put(key, choice);
    advance(description, choice);
    return description;
  }

  /** The description of a primitive by the implementation of a similar one, if it has that. */
  static dnnl_primitive_desc follow(Maker maker, Resources owner, dnnl_primitive_desc like) {
    dnnl_primitive_desc description = maker.make(owner);
    String name = Dnnl.implementation(like);
    if (exists(maker, name)) {
      advance(description, name);
    }
    return description;
  }

  private static void advance(dnnl_primitive_desc description, String name) {
    while (!Dnnl.implementation(description).equals(name)) {
      Dnnl.check(dnnl.dnnl_primitive_desc_next_impl(description), name);
    }
  }

  private static boolean exists(Maker maker, String name) {
    try (Resources mine = new Resources()) {
      dnnl_primitive_desc each = maker.make(mine);
      do {
        if (Dnnl.implementation(each).equals(name)) {
          return true;
        }
      } while (dnnl.dnnl_primitive_desc_next_impl(each) == dnnl.dnnl_success);
      return false;
    }
  }

  private static String layouts(dnnl_primitive_desc description, List<Role> roles) {
    StringBuilder text = new StringBuilder();
    for (Role role : roles) {
      if (role.activation) {
        text.append(' ').append(Dnnl.strides(role.of(description)));
      }
    }
    return text.toString();
  }

  // ---- measuring ----

  private String fastest(Maker maker, List<Role> roles) {
    Map<String, Double> seconds = new LinkedHashMap<>();
    try (Resources mine = new Resources()) {
      dnnl_primitive_desc first = maker.make(mine);
      dnnl_primitive_desc each = maker.make(mine);
      String usual = Dnnl.implementation(first);
      if (!fits(first, roles)) {
        return usual;
      }
      double best = Double.POSITIVE_INFINITY;
      do {
        String name = Dnnl.implementation(each);
        if (!name.startsWith("ref") && sameActivations(first, each, roles)) {
          double took = measure(each, best, roles);
          seconds.merge(name, took, Math::min);
          best = Math.min(best, took);
        }
      } while (dnnl.dnnl_primitive_desc_next_impl(each) == dnnl.dnnl_success);
      if (seconds.size() < 2 || !seconds.containsKey(usual)) {
        return usual;
      }
      // Again, so that what ran first is not judged by a cold machine.
      double guess = Math.min(seconds.get(usual), measure(first, seconds.get(usual), roles));
      return seconds.entrySet().stream()
          .filter(entry -> entry.getValue() < WORTH * guess)
          .min(Map.Entry.comparingByValue())
          .map(Map.Entry::getKey)
          .orElse(usual);
    }
  }

  /** Whether there is memory to measure in; where there is not, the session says what it lacks. */
  private static boolean fits(dnnl_primitive_desc description, List<Role> roles) {
    long needed = Dnnl.scratchBytes(description);
    for (Role role : roles) {
      needed += dnnl.dnnl_memory_desc_get_size(role.of(description));
    }
    return needed <= AvailableMemory.bytes().orElse(Long.MAX_VALUE);
  }

  private static boolean sameActivations(
      dnnl_primitive_desc first, dnnl_primitive_desc other, List<Role> roles) {
    for (Role role : roles) {
      if (role.activation && dnnl.dnnl_memory_desc_equal(role.of(first), role.of(other)) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Seconds of the fastest of some runs, fewer where it cannot be the best. */
  private double measure(dnnl_primitive_desc description, double best, List<Role> roles) {
    try (Resources mine = new Resources()) {
      List<dnnl_memory> memories = new ArrayList<>();
      List<Integer> keys = new ArrayList<>();
      for (Role role : roles) {
        memories.add(memory(role.of(description), mine));
        keys.add(role.argument);
      }
      if (Dnnl.scratchBytes(description) > 0) {
        memories.add(memory(Dnnl.scratchLayout(mine, description).desc(), mine));
        keys.add(Dnnl.SCRATCHPAD);
      }
      dnnl_exec_arg_t array = new dnnl_exec_arg_t(memories.size());
      mine.onClose(array::close);
      for (int i = 0; i < memories.size(); i++) {
        array.position(i).arg(keys.get(i)).memory(memories.get(i));
      }
      array.position(0);
      Dnnl.Prepared prepared =
          new Dnnl.Prepared(
              engine.primitive(mine, description, "measuring"), array, memories.size());
      double fastest = Double.POSITIVE_INFINITY;
      long begun = System.nanoTime();
      for (int run = 0; run < MOST_RUNS; run++) {
        long start = System.nanoTime();
        engine.execute(prepared, "measuring");
        engine.await();
        long now = System.nanoTime();
        fastest = Math.min(fastest, (now - start) * 1e-9);
        boolean hopeless = run > 0 && fastest > 2 * best;
        if (hopeless || (run > 1 && now - begun > MOST_NANOS)) {
          break;
        }
      }
      return fastest;
    }
  }

  private dnnl_memory memory(dnnl_memory_desc layout, Resources owner) {
    Memory bytes = new Memory(dnnl.dnnl_memory_desc_get_size(layout));
    owner.onClose(bytes::close);
    dnnl_memory memory = engine.memory(owner, layout);
    Dnnl.bind(memory, bytes.address());
    return memory;
  }
}
