package io.resnet4j.train;

import io.resnet4j.backend.Session;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run has learned at one moment: the network and averages of it, read once from the session
 * for all that looks at them and all that keeps them. At the end of an epoch it is held until the
 * checkpoint, which has it beside the optimiser's slots, is written.
 */
final class Learned {
  private final Map<String, Map<String, Tensor>> states = new LinkedHashMap<>();

  /** The network and these averages of it as they are now. */
  Learned(Session session, List<String> averages) {
    states.put(Program.MODEL, read(session, Program.MODEL));
    averages.forEach(namespace -> states.put(namespace, read(session, namespace)));
  }

  /** A namespace of the state as it is now, by path. */
  static Map<String, Tensor> read(Session session, String namespace) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    session.state(namespace).keySet().forEach(p -> state.put(p, session.read(namespace, p)));
    return state;
  }

  /** The network, or an average of it, by path. */
  Map<String, Tensor> state(String namespace) {
    return states.get(namespace);
  }

  /** All of it under a checkpoint's names. */
  Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    states.forEach((namespace, state) -> Checkpoint.put(tensors, namespace, state));
    return tensors;
  }
}
