package io.resnet4j.backend.onednn;

import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.Map;
import java.util.Optional;

/**
 * Sends gradients of parameters to the session's gradient memory: written there directly if the
 * primitive likes the master's layout, else reordered.
 */
final class ParameterGradients {
  private final Lowering lowering;
  private final Node node;

  ParameterGradients(Lowering lowering, Node node) {
    this.lowering = lowering;
    this.node = node;
  }

  /** Where a primitive writes, and where the gradient belongs if that is elsewhere. */
  final class Target {
    private final Lowering.Placed written;
    private final Optional<Lowering.Placed> home;

    private Target(Lowering.Placed written, Optional<Lowering.Placed> home) {
      this.written = written;
      this.home = home;
    }

    Lowering.Placed written() {
      return written;
    }

    /** To be called once the primitive has been emitted. */
    void finish() {
      home.ifPresent(to -> lowering.reorder(written, to));
    }
  }

  /**
   * A place for output {@code index} of the node.
   *
   * @param dims extents as the primitive sees them
   * @param layout what the primitive writes
   */
  Target open(int index, long[] dims, Layout layout) {
    Value gradient = node.output(index);
    Optional<Value> parameter = parameterOf(gradient);
    if (parameter.isEmpty()) {
      return elsewhere(gradient, dims, layout);
    }
    StateTensor master = lowering.store.tensor(lowering.plan, parameter.get(), dims);
    if (master.canonical.dims().length != dims.length) {
      return elsewhere(gradient, dims, layout);
    }
    master.adopt(layout);
    Layout home = master.pin();
    Region region = master.companion(StateStore.GRADIENT);
    if (home.same(layout)) {
      return new Target(lowering.place(gradient, home, region), Optional.empty());
    }
    Lowering.Placed written = new Lowering.Placed(layout, lowering.region(layout.bytes()));
    return new Target(written, Optional.of(lowering.place(gradient, home, region)));
  }

  /** A gradient that others read or {@link #copyRest} copies lies with the value's own extents. */
  private Target elsewhere(Value gradient, long[] dims, Layout layout) {
    if (dims.length == gradient.shape().rank()) {
      return new Target(lowering.place(gradient, layout), Optional.empty());
    }
    Lowering.Placed written = new Lowering.Placed(layout, lowering.region(layout.bytes()));
    Layout rows = Dnnl.plain(lowering.resources, dims, layout.type());
    Region region =
        lowering.place(gradient, lowering.plain(gradient.shape(), layout.type())).region();
    return new Target(written, Optional.of(new Lowering.Placed(rows, region)));
  }

  private Optional<Value> parameterOf(Value gradient) {
    for (Map.Entry<String, Value> entry : lowering.plan.gradients().entrySet()) {
      if (entry.getValue().equals(gradient)) {
        return parameter(entry.getKey());
      }
    }
    return Optional.empty();
  }

  private Optional<Value> parameter(String path) {
    return lowering
        .plan
        .graph()
        .find(path)
        .filter(found -> found.op() instanceof Op.Parameter)
        .map(Node::output);
  }

  /** Copies gradients that no primitive wrote home, such as sums over uses of a parameter. */
  void copyRest() {
    lowering
        .plan
        .gradients()
        .forEach(
            (path, gradient) ->
                parameter(path)
                    .ifPresent(
                        value -> {
                          StateTensor master =
                              lowering.store.tensor(
                                  lowering.plan, value, Lowering.dims(value.shape()));
                          Region home = master.companion(StateStore.GRADIENT);
                          Lowering.Placed from = lowering.placed(gradient);
                          if (from.region() == home) {
                            return;
                          }
                          long[] dims = master.canonical.dims();
                          if (from.layout().dims().length != dims.length) {
                            from = lowering.viewed(gradient, dims);
                          }
                          lowering.reorder(from, new Lowering.Placed(master.pin(), home));
                        }));
  }
}
