package io.resnet4j.backend.onednn;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is computed from state and goes stale as it changes: copies in other layouts or types,
 * weights with a batch norm folded in. A plan keeps a list of those that it reads, so that a step
 * of training does not fold for an evaluation that comes later.
 */
final class Followers {
  private final Map<String, Long> versions = new HashMap<>();
  private Set<Follower> used = new LinkedHashSet<>();

  /** Something computed from the state of a namespace. */
  static final class Follower {
    private final String namespace;
    private Runnable computation = () -> {};
    private long seen = -1;

    private Follower(String namespace) {
      this.namespace = namespace;
    }

    /** Says how it is computed, once that is known. */
    void compute(Runnable how) {
      computation = how;
    }
  }

  /** A new one, which the plan that is being lowered reads. */
  Follower of(String namespace) {
    Follower follower = new Follower(namespace);
    use(follower);
    return follower;
  }

  /** Says that the plan that is being lowered reads this. */
  void use(Follower follower) {
    used.add(follower);
  }

  /** What has been used since the last call: what one plan reads. */
  List<Follower> takeUsed() {
    List<Follower> taken = List.copyOf(used);
    used = new LinkedHashSet<>();
    return taken;
  }

  /** Says that state of a namespace has changed. */
  void touch(String namespace) {
    versions.merge(namespace, 1L, Long::sum);
  }

  /** Brings these up to date. */
  void refresh(List<Follower> followers) {
    for (Follower follower : followers) {
      long version = versions.getOrDefault(follower.namespace, 0L);
      if (follower.seen != version) {
        follower.computation.run();
        follower.seen = version;
      }
    }
  }
}
