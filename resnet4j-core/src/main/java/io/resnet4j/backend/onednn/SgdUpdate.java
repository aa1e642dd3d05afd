package io.resnet4j.backend.onednn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.plan.UpdateRule;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@link UpdateRule.Sgd} as one pass over parameters, gradients and velocities, whatever their
 * layout: the update is element-wise, and padding stays zero.
 */
final class SgdUpdate {
  private static final String VELOCITY = UpdateRule.Sgd.VELOCITY;

  private SgdUpdate() {}

  static void apply(
      StateStore store, String namespace, UpdateRule.Sgd rule, List<UpdateRule.Group> groups) {
    Map<StateTensor, UpdateRule.Group> groupOf = new HashMap<>();
    for (UpdateRule.Group group : groups) {
      for (String path : group.paths()) {
        StateTensor tensor = store.find(namespace, path);
        if (!tensor.hasCompanion(StateStore.GRADIENT)) {
          throw new InvalidInputException(
              "update: " + path + " has no gradient; no plan of this session computes one");
        }
        groupOf.put(tensor, group);
      }
    }
    boolean moving = rule.momentum() != 0;
    List<StateStore.Chunk> chunks = store.withCompanion(StateStore.GRADIENT);
    if (moving) {
      store.withCompanion(VELOCITY);
      groupOf.keySet().forEach(tensor -> tensor.useSlot(VELOCITY));
    }
    for (StateStore.Chunk chunk : chunks) {
      FloatBuffer values = chunk.values.floats();
      FloatBuffer gradients = chunk.companions.get(StateStore.GRADIENT).floats();
      FloatBuffer velocities = moving ? chunk.companions.get(VELOCITY).floats() : values;
      int count = chunk.tensors.size();
      int start = 0;
      while (start < count) {
        // Neighbours of one group are one range; the gaps between them hold zeros.
        UpdateRule.Group group = groupOf.get(chunk.tensors.get(start));
        int end = start + 1;
        while (end < count && groupOf.get(chunk.tensors.get(end)) == group) {
          end++;
        }
        if (group != null) {
          int from = (int) (chunk.offsets.get(start) / Float.BYTES);
          long limit = end < count ? chunk.offsets.get(end) : chunk.bytes;
          walk(values, gradients, velocities, from, (int) (limit / Float.BYTES), rule, group);
        }
        start = end;
      }
    }
    store.touch();
  }

  private static void walk(
      FloatBuffer w,
      FloatBuffer g,
      FloatBuffer v,
      int from,
      int to,
      UpdateRule.Sgd rule,
      UpdateRule.Group group) {
    float decay = (float) group.weightDecay();
    float rate = (float) group.learningRate();
    float momentum = (float) rule.momentum();
    if (momentum == 0) {
      for (int i = from; i < to; i++) {
        float weight = w.get(i);
        w.put(i, weight - rate * (g.get(i) + decay * weight));
      }
    } else if (rule.nesterov()) {
      for (int i = from; i < to; i++) {
        float weight = w.get(i);
        float gradient = g.get(i) + decay * weight;
        float velocity = momentum * v.get(i) + gradient;
        v.put(i, velocity);
        w.put(i, weight - rate * (gradient + momentum * velocity));
      }
    } else {
      for (int i = from; i < to; i++) {
        float weight = w.get(i);
        float velocity = momentum * v.get(i) + g.get(i) + decay * weight;
        v.put(i, velocity);
        w.put(i, weight - rate * velocity);
      }
    }
  }
}
