package io.resnet4j.autodiff;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Appends to a graph the nodes that compute gradients.
 *
 * @param graph the forward nodes followed by the backward ones; outputs as before
 * @param by the gradient by each value asked for, keyed by that value's name
 */
public record Gradients(Graph graph, Map<String, Value> by) {
  /** The input that weights the elements of a differentiated value that is not a loss. */
  public static final String SEED = "seed";

  /** Copies the map. */
  public Gradients {
    by = Collections.unmodifiableMap(new LinkedHashMap<>(by));
  }

  /**
   * Differentiates {@code of} by each of {@code by}. If {@code of} is the output of a {@link
   * Op.Loss} its gradient by itself is one; else the graph gets an input {@value #SEED} of its
   * shape, and the result is the gradient of their inner product.
   *
   * @throws InvalidInputException if {@code of} does not depend on one of {@code by}
   */
  public static Gradients of(Graph graph, Value of, List<Value> by) {
    return of(graph, of, by, Set.of());
  }

  /**
   * The same with less kept from the forward pass.
   *
   * @param again values that the backward nodes do not read: they compute them again when they need
   *     them, from those that they may read. What couplings make reversible is always among them.
   */
  public static Gradients of(Graph graph, Value of, List<Value> by, Set<Value> again) {
    return new Writer(graph, of, by, again).write();
  }

  /** The table of rules. A rule adds to each input's gradient what flows back through one node. */
  private static final class Writer implements Op.Visitor<Void> {
    private final Graph forward;
    private final Value of;
    private final List<Value> by;
    private final GraphBuilder builder;
    private final Recomputation recomputation;
    private final Set<Value> active = new HashSet<>();
    private final Map<Value, Value> gradients = new HashMap<>();

    Writer(Graph forward, Value of, List<Value> by, Set<Value> again) {
      this.forward = forward;
      this.of = of;
      this.by = by;
      this.builder = new GraphBuilder(forward);
      this.recomputation = new Recomputation(forward, builder, again);
    }

    Gradients write() {
      active.addAll(by);
      for (Node node : forward.nodes()) {
        if (node.inputs().stream().anyMatch(active::contains)) {
          active.addAll(node.outputs());
        }
      }
      if (!(forward.producer(of).op() instanceof Op.Loss)) {
        gradients.put(of, builder.input(SEED, of.shape()));
      }
      for (int i = forward.nodes().size() - 1; i >= 0; i--) {
        Node node = forward.nodes().get(i);
        Value output = node.output();
        if (active.contains(output) && (gradients.containsKey(output) || output.equals(of))) {
          node.op().accept(this, node);
        }
      }
      Map<String, Value> results = new LinkedHashMap<>();
      for (Value value : by) {
        Value gradient = gradients.get(value);
        if (gradient == null) {
          throw new InvalidInputException(
              "gradient: " + of.name() + " does not depend on " + value.name());
        }
        results.put(value.name(), gradient);
      }
      return new Gradients(builder.build(), results);
    }

    /** What a backward node reads for a value of the forward pass. */
    private Value kept(Value value) {
      return recomputation.read(value);
    }

    private Value dy(Node node) {
      return gradients.get(node.output());
    }

    private Node emit(Node node, String suffix, Op op, Value... inputs) {
      return builder.emit(node.path() + suffix, op, List.of(inputs));
    }

    private void flow(Value to, Value gradient) {
      if (!active.contains(to)) {
        return;
      }
      Value before = gradients.get(to);
      if (before == null) {
        gradients.put(to, gradient);
        return;
      }
      String path = gradient.name() + ".sum." + to.name();
      Op add = new Op.Add(Activation.IDENTITY);
      gradients.put(to, builder.emit(path, add, List.of(before, gradient)).output());
    }

    @Override
    public Void visit(Op.Input op, Node node) {
      return null;
    }

    @Override
    public Void visit(Op.Parameter op, Node node) {
      return null;
    }

    @Override
    public Void visit(Op.Buffer op, Node node) {
      return null;
    }

    @Override
    public Void visit(Op.Conv2d op, Node node) {
      Value x = node.input(0);
      Value weight = node.input(1);
      if (active.contains(x)) {
        Op gradient = new Op.Conv2dInputGradient(op, x.shape());
        flow(x, emit(node, ".grad_input", gradient, dy(node), kept(weight)).output());
      }
      boolean bias = node.inputs().size() == 3;
      if (active.contains(weight) || (bias && active.contains(node.input(2)))) {
        Op gradient = new Op.Conv2dWeightGradient(op, weight.shape(), bias);
        flowToWeights(node, emit(node, ".grad_weight", gradient, kept(x), dy(node)));
      }
      return null;
    }

    private void flowToWeights(Node node, Node gradient) {
      for (int i = 0; i < gradient.outputs().size(); i++) {
        flow(node.input(1 + i), gradient.output(i));
      }
    }

    @Override
    public Void visit(Op.FusedConv2d op, Node node) {
      throw new IllegalStateException(node.path() + ": a folded convolution has no gradient");
    }

    private static Void refuseCodes(Node node) {
      throw new IllegalStateException(node.path() + ": 8-bit codes have no gradient");
    }

    @Override
    public Void visit(Op.Quantise op, Node node) {
      return refuseCodes(node);
    }

    @Override
    public Void visit(Op.Dequantise op, Node node) {
      return refuseCodes(node);
    }

    @Override
    public Void visit(Op.QuantisedConv2d op, Node node) {
      return refuseCodes(node);
    }

    @Override
    public Void visit(Op.QuantisedLinear op, Node node) {
      return refuseCodes(node);
    }

    @Override
    public Void visit(Op.BatchNorm op, Node node) {
      boolean batch = op.statistics() == Op.Statistics.BATCH;
      Value mean = kept(batch ? node.output(1) : node.input(3));
      Value variance = kept(batch ? node.output(2) : node.input(4));
      Value dz = dy(node);
      if (!batch && op.activation() != Activation.IDENTITY) {
        throw new IllegalStateException(
            node.path() + ": a batch norm with running statistics is fused without its gradient");
      }
      Op gradient = new Op.BatchNormGradient(op);
      Value x = kept(node.input(0));
      Value scale = kept(node.input(1));
      Node made =
          op.masked()
              ? emit(node, ".grad", gradient, x, dz, scale, mean, variance, kept(node.output(3)))
              : emit(node, ".grad", gradient, x, dz, scale, mean, variance);
      for (int i = 0; i < 3; i++) {
        flow(node.input(i), made.output(i));
      }
      return null;
    }

    @Override
    public Void visit(Op.Activate op, Node node) {
      flow(node.input(0), throughActivation(op.activation(), node, node.input(0)));
      return null;
    }

    private Value throughActivation(Activation activation, Node node, Value input) {
      if (activation == Activation.IDENTITY) {
        return dy(node);
      }
      Value told = activation.gradientFromOutput() ? node.output() : input;
      Op gradient = new Op.ActivateGradient(activation);
      return emit(node, ".grad", gradient, kept(told), dy(node)).output();
    }

    @Override
    public Void visit(Op.Add op, Node node) {
      Value gradient = throughActivation(op.activation(), node, node.output());
      flow(node.input(0), gradient);
      flow(node.input(1), gradient);
      return null;
    }

    @Override
    public Void visit(Op.Couple op, Node node) {
      recomputation.undo(node);
      flow(node.input(0), dy(node));
      flow(node.input(1), dy(node));
      return null;
    }

    @Override
    public Void visit(Op.Shift op, Node node) {
      flow(node.input(0), dy(node));
      if (active.contains(node.input(1))) {
        flow(node.input(1), summed(node, dy(node), node.input(1)));
      }
      return null;
    }

    @Override
    public Void visit(Op.Multiply op, Node node) {
      Value x = node.input(0);
      Value s = node.input(1);
      if (active.contains(x)) {
        flow(x, emit(node, ".grad", op, dy(node), kept(s)).output());
      }
      if (active.contains(s)) {
        Value product = emit(node, ".grad_factor", op, dy(node), kept(x)).output();
        flow(s, summed(node, product, s));
      }
      return null;
    }

    /** What flows back through a broadcast. */
    private Value summed(Node node, Value gradient, Value to) {
      return gradient.shape().equals(to.shape())
          ? gradient
          : emit(node, ".grad_sum", new Op.SumTo(to.shape()), gradient).output();
    }

    @Override
    public Void visit(Op.SumTo op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.Affine op, Node node) {
      flow(node.input(0), emit(node, ".grad", new Op.Affine(op.factor(), 0), dy(node)).output());
      return null;
    }

    @Override
    public Void visit(Op.Concat op, Node node) {
      int from = 0;
      for (int i = 0; i < node.inputs().size(); i++) {
        Value part = node.input(i);
        int to = from + part.shape().dim(1);
        if (active.contains(part)) {
          flow(part, emit(node, ".grad." + i, new Op.Slice(from, to), dy(node)).output());
        }
        from = to;
      }
      return null;
    }

    @Override
    public Void visit(Op.Slice op, Node node) {
      int channels = node.input(0).shape().dim(1);
      Op gradient = new Op.PadShortcut(1, op.from(), channels - op.to());
      flow(node.input(0), emit(node, ".grad", gradient, dy(node)).output());
      return null;
    }

    @Override
    public Void visit(Op.ReflectPad op, Node node) {
      Op gradient = new Op.ReflectPadGradient(op, node.input(0).shape());
      flow(node.input(0), emit(node, ".grad", gradient, dy(node)).output());
      return null;
    }

    @Override
    public Void visit(Op.GroupNorm op, Node node) {
      boolean shift = node.inputs().size() == 3;
      Node made =
          emit(
              node,
              ".grad",
              new Op.GroupNormGradient(op, shift),
              kept(node.input(0)),
              dy(node),
              kept(node.input(1)),
              kept(node.output(1)),
              kept(node.output(2)));
      for (int i = 0; i < made.outputs().size(); i++) {
        flow(node.input(i), made.output(i));
      }
      return null;
    }

    @Override
    public Void visit(Op.PadShortcut op, Node node) {
      Op gradient = new Op.PadShortcutGradient(op, node.input(0).shape());
      flow(node.input(0), emit(node, ".grad", gradient, dy(node)).output());
      return null;
    }

    @Override
    public Void visit(Op.MaxPool op, Node node) {
      Op gradient = new Op.MaxPoolGradient(op, node.input(0).shape());
      flow(node.input(0), emit(node, ".grad", gradient, kept(node.output(1)), dy(node)).output());
      return null;
    }

    @Override
    public Void visit(Op.AveragePool op, Node node) {
      Op gradient = new Op.AveragePoolGradient(op, node.input(0).shape());
      flow(node.input(0), emit(node, ".grad", gradient, dy(node)).output());
      return null;
    }

    @Override
    public Void visit(Op.GlobalAveragePool op, Node node) {
      Op gradient = new Op.GlobalAveragePoolGradient(node.input(0).shape());
      flow(node.input(0), emit(node, ".grad", gradient, dy(node)).output());
      return null;
    }

    @Override
    public Void visit(Op.Reshape op, Node node) {
      Op gradient = new Op.Reshape(node.input(0).shape());
      flow(node.input(0), emit(node, ".grad", gradient, dy(node)).output());
      return null;
    }

    @Override
    public Void visit(Op.Linear op, Node node) {
      Value x = node.input(0);
      Value weight = node.input(1);
      boolean bias = node.inputs().size() == 3;
      if (active.contains(x)) {
        Op gradient = new Op.LinearInputGradient();
        flow(x, emit(node, ".grad_input", gradient, dy(node), kept(weight)).output());
      }
      if (active.contains(weight) || (bias && active.contains(node.input(2)))) {
        Op gradient = new Op.LinearWeightGradient(bias);
        flowToWeights(node, emit(node, ".grad_weight", gradient, kept(x), dy(node)));
      }
      return null;
    }

    @Override
    public Void visit(Op.Dropout op, Node node) {
      return throughMask(node);
    }

    @Override
    public Void visit(Op.DropBlock op, Node node) {
      return throughMask(node);
    }

    private Void throughMask(Node node) {
      Op gradient = new Op.DropoutGradient();
      flow(node.input(0), emit(node, ".grad", gradient, kept(node.output(1)), dy(node)).output());
      return null;
    }

    @Override
    public Void visit(Op.Loss op, Node node) {
      if (!node.output().equals(of)) {
        throw new InvalidInputException(
            node.path() + ": a loss can only be the value that is differentiated");
      }
      Value[] inputs = node.inputs().stream().map(this::kept).toArray(Value[]::new);
      flow(
          node.input(0), emit(node, ".grad", new Op.LossGradient(op.criterion()), inputs).output());
      return null;
    }

    private Void notTwice(Node node) {
      throw new InvalidInputException(node.path() + ": gradients of gradients are not supported");
    }

    @Override
    public Void visit(Op.Conv2dInputGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.Conv2dWeightGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.BatchNormGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.GroupNormGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.ReflectPadGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.ActivateGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.PadShortcutGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.MaxPoolGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.AveragePoolGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.GlobalAveragePoolGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.LinearInputGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.LinearWeightGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.DropoutGradient op, Node node) {
      return notTwice(node);
    }

    @Override
    public Void visit(Op.LossGradient op, Node node) {
      return notTwice(node);
    }
  }
}
