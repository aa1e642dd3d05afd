package io.resnet4j.train;

import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.graph.Criterion;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Value;
import io.resnet4j.infer.Tally;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A step: gradients of a batch, added up over micro-batches where it is split, clipped, and the
 * update that they make. Means are over the whole batch, whatever the size of the last part.
 */
final class StepRunner {
  // PyTorch's: keeps a gradient that is all zeros.
  private static final double CLIP_EPSILON = 1e-6;

  private final Session session;
  private final ModelSpec spec;
  private final Recipe recipe;
  private final Criterion criterion;
  private final Precision precision;
  private final MemoryMode memory;
  private final Optional<Teacher> teacher;
  private final long seed;
  private final int part;
  private final Map<Integer, Executable> plans = new TreeMap<>();
  private final Map<Integer, Graph> graphs = new TreeMap<>();
  private final Map<Integer, Plan> planned = new TreeMap<>();
  private final List<String> parameters;
  private final List<UpdateRule.Group> groups;

  /** Makes the plans, the largest first, and takes what the update needs. */
  StepRunner(
      Session session,
      ModelSpec spec,
      Recipe recipe,
      Criterion criterion,
      Precision precision,
      TrainOptions options,
      Optional<Teacher> teacher) {
    this.session = session;
    this.spec = spec;
    this.recipe = recipe;
    this.criterion = criterion;
    this.precision = precision;
    this.memory = options.memory();
    this.teacher = teacher;
    this.seed = options.seed();
    int wanted = recipe.updating().microBatch();
    part = wanted == 0 ? recipe.batch() : Math.min(wanted, recipe.batch());
    prepare(part);
    if (recipe.batch() % part != 0) {
      prepare(recipe.batch() % part);
    }
    Graph graph = graphs.get(part);
    parameters = ParameterGroups.moving(recipe, graph).stream().map(Value::name).toList();
    groups = recipe.groups(graph);
    session.reserve(
        Program.MODEL, groups, part < recipe.batch() ? List.of(Session.ACCUMULATED) : List.of());
  }

  private void prepare(int size) {
    Graph written = spec.trainingGraph(size, criterion);
    Graph graph = recipe.transfer().frozenNorms() ? Norms.frozen(written) : written;
    graphs.put(size, graph);
    Program step =
        Program.training(graph, ModelSpec.LOSS, precision)
            .by(ParameterGroups.moving(recipe, graph))
            .keeping(memory);
    Plan plan = Planner.plan(step);
    planned.put(size, plan);
    plans.put(size, session.prepare(plan));
    teacher.ifPresent(taught -> taught.prepare(size));
  }

  /** The network for the usual part of a batch. */
  Graph graph() {
    return graphs.get(part);
  }

  /** What is run for the usual part of a batch. */
  Plan plan() {
    return planned.get(part);
  }

  /** The rules and the parameters of each. */
  List<UpdateRule.Group> groups() {
    return groups;
  }

  /** Working memory of the largest plan. */
  long arenaBytes() {
    return plans.values().stream().mapToLong(Executable::arenaBytes).max().orElse(0);
  }

  /**
   * What a batch gave.
   *
   * @param loss its mean
   * @param right pictures classified rightly
   */
  record Outcome(double loss, int right) {}

  /** Something that is not finite, with what is needed to see why. */
  static final class NotFinite extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Graph graph;
    private final transient Slice slice;
    private final long draw;
    private final String what;

    private NotFinite(String what, Graph graph, Slice slice, long draw) {
      super(what);
      this.what = what;
      this.graph = graph;
      this.slice = slice;
      this.draw = draw;
    }

    /** Such as {@code loss is NaN}. */
    String what() {
      return what;
    }

    Graph graph() {
      return graph;
    }

    long draw() {
      return draw;
    }

    /** Feeds the pictures that it came from to a plan over {@link #graph}. */
    void feed(Executable plan) {
      slice.feed(plan);
    }
  }

  /** Pictures {@code from} to {@code from + size} of a batch, fed to a plan of that size. */
  private record Slice(
      Batch batch, int from, int size, Optional<Tensor> taught, int samples, int classes) {
    FloatBuffer images() {
      return batch.images().position(from * samples);
    }

    void feed(Executable plan) {
      plan.feed(ModelSpec.IMAGES, images());
      plan.feed(ModelSpec.TARGETS, batch.targets().position(from * classes));
      taught.ifPresent(logits -> plan.feed(ModelSpec.TEACHER, logits));
    }

    Slice taughtBy(Teacher teacher) {
      return new Slice(
          batch, from, size, Optional.of(teacher.logits(images(), size)), samples, classes);
    }
  }

  /** Leaves the gradients of a batch, clipped, in the session. */
  Outcome gradients(Batch batch, long step) throws NotFinite {
    int parts = (batch.size() + part - 1) / part;
    double loss = 0;
    Tally tally = new Tally(spec.classes());
    int samples = spec.channels() * spec.height() * spec.width();
    for (int i = 0; i < parts; i++) {
      int from = i * part;
      int size = Math.min(part, batch.size() - from);
      Slice plain = new Slice(batch, from, size, Optional.empty(), samples, spec.classes());
      Slice slice = teacher.map(plain::taughtBy).orElse(plain);
      Executable plan = plans.get(size);
      slice.feed(plan);
      long draw = step * parts + i;
      plan.run(seed, draw);
      double mean = plan.scalar(ModelSpec.LOSS);
      if (!Double.isFinite(mean)) {
        throw new NotFinite("loss is " + mean, graphs.get(size), slice, draw);
      }
      double share = (double) size / batch.size();
      loss += share * mean;
      int[] labels = Arrays.copyOfRange(batch.labels(), from, from + size);
      tally.add(plan.fetch(ModelSpec.LOGITS).toFloats(), labels, size);
      if (parts > 1) {
        session.blend(Session.ACCUMULATED, i == 0 ? 0 : 1, Session.GRADIENT, share, parameters);
      }
      if (i == parts - 1) {
        if (parts > 1) {
          session.blend(Session.GRADIENT, 0, Session.ACCUMULATED, 1, parameters);
        }
        clip(slice, graphs.get(size), draw);
      }
    }
    return new Outcome(loss, tally.right());
  }

  private void clip(Slice slice, Graph graph, long draw) throws NotFinite {
    double most = recipe.updating().clip();
    if (most == 0) {
      return;
    }
    double norm = session.gradientNorm(Program.MODEL, parameters);
    if (!Double.isFinite(norm)) {
      throw new NotFinite("gradient's norm is " + norm, graph, slice, draw);
    }
    double factor = most / (norm + CLIP_EPSILON);
    if (factor < 1) {
      session.blend(Session.GRADIENT, factor, Session.GRADIENT, 0, parameters);
    }
  }

  /** Moves the parameters by the gradients. */
  void update(long step, double rate) {
    session.update(Program.MODEL, ParameterGroups.at(groups, rate), step);
  }
}
