package io.resnet4j.lab;

import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Criterion;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A plan of a network that keeps what the probes read. It computes in a namespace of its own, since
 * a forward pass in training mode moves the running statistics of the namespace it runs in.
 */
final class Instrument {
  private static final double SMALL_SCALE = 0.01;

  private final Session session;
  private final String namespace;
  private final Set<Probe> probes;
  private final Graph graph;
  private final Map<Node, Value> layers = new LinkedHashMap<>();
  private final List<Block> blocks = new ArrayList<>();
  private final List<Node> relus = new ArrayList<>();
  private final List<Node> norms = new ArrayList<>();
  private final Map<String, Parted.Copies> copies;
  private final Map<Value, List<Node>> readers;
  private final Executable plan;
  private final Optional<Executable> untouched;

  /** Gradients in the network as it is, by the name of the value. */
  private final Map<String, double[]> direct = new HashMap<>();

  /**
   * Plans the network for so many pictures.
   *
   * @param namespace whose state it reads
   * @param probes what is kept
   * @param only paths of layers to keep to; none for all
   * @param verify whether the parts of a gradient are held against the gradient of the network as
   *     it is, in which nothing is parted; twice the work
   * @throws io.resnet4j.InvalidInputException if there is no such layer, or too little memory
   */
  Instrument(
      Session session,
      ModelSpec spec,
      int pictures,
      Precision precision,
      String namespace,
      Set<Probe> probes,
      List<String> only,
      boolean verify) {
    this.session = session;
    this.namespace = namespace;
    this.probes = probes;
    Graph whole = spec.trainingGraph(pictures, new Criterion.CrossEntropy(0));
    Layers.require(whole, only);
    Layers.weighted(whole)
        .forEach(
            (node, weight) -> {
              if (Layers.selected(node.path(), only)) {
                layers.put(node, weight);
              }
            });
    Block.of(whole).stream().filter(b -> Layers.selected(b.path(), only)).forEach(blocks::add);
    for (Node node : whole.nodes()) {
      if (!Layers.selected(node.path(), only)) {
        continue;
      }
      if (node.op() instanceof Op.Activate act && act.activation() == Activation.RELU) {
        relus.add(node);
      } else if (node.op() instanceof Op.BatchNorm norm
          && norm.statistics() == Op.Statistics.BATCH) {
        norms.add(node);
      }
    }
    readers = whole.readers();
    Parted parted = gradients() ? Parted.of(whole, blocks) : new Parted(whole, Map.of());
    graph = parted.graph();
    copies = parted.copies();
    plan = session.prepare(Planner.plan(program(precision)));
    List<Value> forks =
        blocks.stream()
            .flatMap(block -> block.fork().stream())
            .map(Block.Fork::at)
            .distinct()
            .toList();
    untouched =
        verify && gradients() && !forks.isEmpty()
            ? Optional.of(
                session.prepare(
                    Planner.plan(
                        Program.training(whole, ModelSpec.LOSS, precision)
                            .by(forks)
                            .over(namespace))))
            : Optional.empty();
  }

  private boolean gradients() {
    return probes.contains(Probe.GRADIENTS);
  }

  private Program program(Precision precision) {
    Set<Value> observed = new LinkedHashSet<>();
    List<Value> by = new ArrayList<>();
    if (gradients()) {
      by.addAll(layers.values());
      for (Block block : blocks) {
        by.add(block.input());
        block.fork().map(Block.Fork::at).filter(at -> !by.contains(at)).ifPresent(by::add);
      }
      copies.values().forEach(pair -> by.addAll(List.of(pair.shortcut(), pair.branch())));
    }
    if (probes.contains(Probe.SIGNALS)) {
      layers.keySet().forEach(layer -> observed.add(response(layer)));
      relus.forEach(relu -> observed.add(relu.output()));
      for (Block block : blocks) {
        observed.add(block.input());
        observed.add(block.output());
        block.fork().ifPresent(fork -> observed.add(fork.branch()));
      }
    }
    if (probes.contains(Probe.BATCHNORM)) {
      norms.forEach(norm -> observed.add(norm.input(0)));
    }
    return new Program(
        graph,
        Mode.TRAINING,
        precision,
        by.isEmpty() ? Optional.empty() : Optional.of(graph.output(ModelSpec.LOSS)),
        by.stream().distinct().toList(),
        observed,
        namespace,
        MemoryMode.KEEP);
  }

  private Value response(Node layer) {
    return Layers.response(graph, layer, readers.getOrDefault(layer.output(), List.of()));
  }

  /** Parameters that layers have, by the path of the parameter. */
  List<String> weights() {
    return layers.values().stream().map(Value::name).toList();
  }

  /** Parameters and buffers of the network. */
  Set<String> state() {
    Set<String> paths = new LinkedHashSet<>();
    graph.parameters().forEach(value -> paths.add(value.name()));
    graph.buffers().forEach(value -> paths.add(value.name()));
    return paths;
  }

  /** Runs it on the pictures [N,C,H,W] and their targets [N,K]; {@code step} is what it says. */
  Reading read(Tensor images, Tensor targets, long seed, long step) {
    return read(images, targets, seed, step, (name, values) -> {});
  }

  /**
   * The same.
   *
   * @param whole hears the numbers that each layer's are made of, as {@code gradients/}, {@code
   *     weights/} or {@code responses/} and the path of the layer
   */
  Reading read(
      Tensor images, Tensor targets, long seed, long step, BiConsumer<String, double[]> whole) {
    Map<Node, double[][]> running = new LinkedHashMap<>();
    if (probes.contains(Probe.BATCHNORM)) {
      // Before the run, which moves them.
      for (Node norm : norms) {
        running.put(norm, new double[][] {state(norm, 3), state(norm, 4)});
      }
    }
    direct.clear();
    untouched.ifPresent(
        other -> {
          run(other, images, targets, seed);
          other
              .plan()
              .gradients()
              .forEach((name, g) -> direct.put(name, Stats.values(other.fetch(g))));
        });
    // Last, since what a plan has made is gone as soon as another one runs.
    run(plan, images, targets, seed);
    return new Reading(
        step,
        plan.scalar(ModelSpec.LOSS),
        layers.entrySet().stream().map(e -> layer(e.getKey(), e.getValue(), whole)).toList(),
        blocks.stream().map(this::block).toList(),
        probes.contains(Probe.SIGNALS) ? relus.stream().map(this::relu).toList() : List.of(),
        running.entrySet().stream().map(e -> norm(e.getKey(), e.getValue())).toList(),
        null);
  }

  private double[] state(Node node, int input) {
    return Stats.values(session.read(namespace, node.input(input).name()));
  }

  private double[] fetch(Value value) {
    return Stats.values(plan.fetch(value));
  }

  /** The gradient by a value. */
  private double[] gradient(Value by) {
    return fetch(plan.plan().gradients().get(by.name()));
  }

  private static void run(Executable plan, Tensor images, Tensor targets, long seed) {
    plan.feed(ModelSpec.IMAGES, images);
    plan.feed(ModelSpec.TARGETS, targets);
    plan.run(seed, 0);
  }

  private Reading.Layer layer(Node layer, Value weight, BiConsumer<String, double[]> whole) {
    @Nullable Double gradientNorm = null;
    @Nullable Double weightNorm = null;
    @Nullable Double deviation = null;
    if (gradients()) {
      double[] gradient = Stats.values(session.readGradient(namespace, weight.name()));
      double[] values = Stats.values(session.read(namespace, weight.name()));
      whole.accept("gradients/" + layer.path(), gradient);
      whole.accept("weights/" + layer.path(), values);
      gradientNorm = Stats.norm(gradient);
      weightNorm = Stats.norm(values);
    }
    if (probes.contains(Probe.SIGNALS)) {
      double[] response = fetch(response(layer));
      whole.accept("responses/" + layer.path(), response);
      deviation = Stats.deviation(response);
    }
    return new Reading.Layer(layer.path(), gradientNorm, weightNorm, deviation, null);
  }

  private Reading.BlockReading block(Block block) {
    @Nullable Double entering = null;
    @Nullable Double ratio = null;
    @Nullable Double deviation = null;
    @Nullable Double similarity = null;
    @Nullable Double rank = null;
    double[] part = new double[0];
    double[] rest = part;
    double[] whole = part;
    boolean parted = gradients() && copies.containsKey(block.path());
    if (gradients()) {
      entering = Stats.norm(gradient(block.input()));
    }
    if (parted) {
      whole = gradient(block.fork().orElseThrow().at());
      part = gradient(copies.get(block.path()).shortcut());
      rest = gradient(copies.get(block.path()).branch());
    }
    if (probes.contains(Probe.SIGNALS)) {
      if (block.fork().isPresent()) {
        ratio = Stats.norm(fetch(block.fork().get().branch())) / Stats.norm(fetch(block.input()));
      }
      Tensor out = plan.fetch(block.output());
      deviation = Stats.deviation(Stats.values(out));
      similarity = Stats.similarity(Stats.values(out), out.shape().dim(0));
      rank = Stats.effectiveRank(Stats.pooled(out));
    }
    return new Reading.BlockReading(
        block.path(),
        entering,
        parted ? Stats.norm(whole) : null,
        parted ? Stats.norm(part) : null,
        parted ? Stats.norm(rest) : null,
        parted ? Stats.project(part, whole) : null,
        parted ? Stats.project(rest, whole) : null,
        parted ? Stats.cosine(part, rest) : null,
        parted && untouched.isPresent()
            ? Stats.gap(part, rest, direct.get(block.fork().orElseThrow().at().name()))
            : null,
        ratio,
        deviation,
        similarity,
        rank);
  }

  private Reading.Relu relu(Node relu) {
    Tensor out = plan.fetch(relu.output());
    double[] values = Stats.values(out);
    int channels = out.shape().dim(1);
    int pixels = values.length / out.shape().dim(0) / channels;
    boolean[] alive = new boolean[channels];
    int zeros = 0;
    for (int i = 0; i < values.length; i++) {
      if (values[i] == 0) {
        zeros++;
      } else {
        alive[i / pixels % channels] = true;
      }
    }
    int dead = 0;
    for (boolean one : alive) {
      dead += one ? 0 : 1;
    }
    return new Reading.Relu(relu.path(), (double) dead / channels, (double) zeros / values.length);
  }

  private Reading.BatchNormReading norm(Node norm, double[][] running) {
    Stats.Moments moments = Stats.moments(plan.fetch(norm.input(0)));
    double[] mean = moments.means();
    double[] variance = moments.variances();
    int channels = mean.length;
    double epsilon = ((Op.BatchNorm) norm.op()).epsilon();
    double gap = 0;
    double ratio = 0;
    for (int c = 0; c < channels; c++) {
      double off = mean[c] - running[0][c];
      gap += off * off / (running[1][c] + epsilon) / channels;
      ratio += Math.log((variance[c] + epsilon) / (running[1][c] + epsilon)) / 2 / channels;
    }
    int small = 0;
    double[] scales = state(norm, 1);
    for (double scale : scales) {
      small += Math.abs(scale) < SMALL_SCALE ? 1 : 0;
    }
    return new Reading.BatchNormReading(
        norm.path(), Math.sqrt(gap), Math.exp(ratio), (double) small / channels);
  }
}
