package io.resnet4j.train;

import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.data.Loader;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The weight averages of a run, each in a namespace of the session. How many updates an average has
 * had follows from the steps done, so that the namespaces are all that a checkpoint needs.
 */
final class WeightAverage {
  private static final String EMA = "ema";
  private static final String SWA = "swa";
  private static final String SLOW = "slow";
  private static final String STATISTICS = "statistics";

  private final Session session;
  private final Averaging averaging;
  private final Schedule.Run span;
  private final List<String> parameters;
  private final List<String> state;
  private final Map<Double, List<String>> statistics = new TreeMap<>();
  private Optional<Executable> counting = Optional.empty();
  private boolean finished;

  WeightAverage(Session session, Averaging averaging, Schedule.Run span, Graph graph) {
    this.session = session;
    this.averaging = averaging;
    this.span = span;
    parameters = graph.parameters().stream().map(Value::name).toList();
    state = new ArrayList<>(parameters);
    graph.buffers().forEach(buffer -> state.add(buffer.name()));
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.BatchNorm norm && norm.statistics() == Op.Statistics.BATCH) {
        List<String> moved = statistics.computeIfAbsent(norm.momentum(), m -> new ArrayList<>());
        moved.add(node.input(3).name());
        moved.add(node.input(4).name());
      }
    }
  }

  /** The namespace whose weights a run is for: the average's, where it is ready. */
  String chosen(Progress done) {
    return average().filter(name -> ready(done)).orElse(Program.MODEL);
  }

  /**
   * Whether there is an average to choose. Before its first update it is the weights that the run
   * began with, and an equal one is worth nothing before its running statistics are taken, at the
   * end.
   */
  boolean ready(Progress done) {
    return averaging.ema() > 0 ? done.step() >= averaging.emaEvery() : finished;
  }

  /** Whether a run can end without an average that is ready. */
  boolean canBeMissed(EarlyStopping stopping) {
    return stopping.patience() > 0 || averaging.ema() > 0 && averaging.emaEvery() > span.steps();
  }

  /** The namespace of the average, if there is one. */
  Optional<String> average() {
    return averaging.ema() > 0
        ? Optional.of(EMA)
        : averaging.swa() < 1 ? Optional.of(SWA) : Optional.empty();
  }

  /** Namespaces that a checkpoint keeps. */
  List<String> namespaces() {
    List<String> namespaces = new ArrayList<>();
    average().ifPresent(namespaces::add);
    if (averaging.lookahead() > 0) {
      namespaces.add(SLOW);
    }
    return namespaces;
  }

  /** Starts every average from the weights as they are. */
  void begin() {
    average().ifPresent(name -> session.blend(name, 0, Program.MODEL, 1, state));
    if (averaging.lookahead() > 0) {
      session.blend(SLOW, 0, Program.MODEL, 1, parameters);
    }
  }

  /** Prepares what {@link #finish} needs, once the averages have begun. */
  void prepare(ModelSpec spec, int batch, Precision precision) {
    if (averaging.swa() < 1 && !statistics.isEmpty()) {
      Program forward = Program.inference(spec.trainingGraph(batch, 0), precision);
      counting = Optional.of(session.prepare(Planner.plan(forward.in(Mode.TRAINING).over(SWA))));
      session.blend(STATISTICS, 0, SWA, 1, buffers());
    }
  }

  /** After an update of the weights, the {@code steps}-th. */
  void stepped(long steps) {
    if (averaging.lookahead() > 0 && steps % averaging.lookahead() == 0) {
      double share = averaging.lookaheadShare();
      session.blend(SLOW, 1 - share, Program.MODEL, share, parameters);
      session.blend(Program.MODEL, 0, SLOW, 1, parameters);
    }
    if (averaging.ema() > 0 && steps % averaging.emaEvery() == 0) {
      double keep = keep(steps / averaging.emaEvery() - 1);
      session.blend(EMA, keep, Program.MODEL, 1 - keep, state);
    }
  }

  private double keep(long updatesBefore) {
    if (updatesBefore == 0) {
      return 0;
    }
    double most = (1.0 + updatesBefore) / (10.0 + updatesBefore);
    return averaging.emaWarmUp() ? Math.min(averaging.ema(), most) : averaging.ema();
  }

  /** After the last step of an epoch, counted from 0. */
  void finishedEpoch(int epoch) {
    long first = firstEpoch();
    if (averaging.swa() < 1 && epoch >= first) {
      double before = epoch - first;
      session.blend(SWA, before / (before + 1), Program.MODEL, 1 / (before + 1), state);
    }
  }

  /** Of an equal average: the last counts however late it is to begin. */
  private long firstEpoch() {
    long epochs = (span.steps() + span.stepsPerEpoch() - 1) / span.stepsPerEpoch();
    return Math.min(epochs - 1, Math.round(averaging.swa() * epochs));
  }

  /**
   * Takes the running statistics of an equal average, if it has begun, anew once training is done:
   * the mean of those of all batches of an epoch, as {@code torch.optim.swa_utils.update_bn}.
   */
  void finish(Progress done, Loader.Epoch pictures, long seed) {
    if (averaging.swa() < 1 && done.epoch() > firstEpoch()) {
      counting.ifPresent(forward -> count(forward, pictures, seed));
      finished = true;
    }
  }

  private void count(Executable forward, Loader.Epoch pictures, long seed) {
    int index = 0;
    for (Batch batch : pictures) {
      forward.feed(ModelSpec.IMAGES, batch.images());
      forward.feed(ModelSpec.TARGETS, batch.targets());
      // From zero a batch leaves its statistics times the momentum.
      session.blend(SWA, 0, SWA, 0, buffers());
      forward.run(seed, span.steps() + index);
      double before = index++;
      statistics.forEach(
          (momentum, paths) ->
              session.blend(
                  STATISTICS, before / (before + 1), SWA, 1 / (momentum * (before + 1)), paths));
    }
    session.blend(SWA, 0, STATISTICS, 1, buffers());
  }

  private TreeSet<String> buffers() {
    TreeSet<String> all = new TreeSet<>();
    statistics.values().forEach(all::addAll);
    return all;
  }
}
