package io.resnet4j.backend.onednn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.PlanStep;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.Lifetime;
import io.resnet4j.plan.MemoryPlanner;
import io.resnet4j.plan.Plan;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The steps of one plan and where their regions lie in the session's arena. */
final class OneDnnExecutable implements Executable {
  private final OneDnnSession session;
  private final Lowering lowering;
  private final List<Region> regions;
  private final MemoryPlanner.Packing packing;
  private final Lowering.Step[] steps;
  private final List<Followers.Follower> followers;
  private final Map<Value, Result> results = new HashMap<>();

  OneDnnExecutable(OneDnnSession session, Lowering lowering) {
    this.session = session;
    this.lowering = lowering;
    this.regions = lowering.regions();
    this.packing =
        MemoryPlanner.pack(
            regions.stream()
                .map(
                    region ->
                        new MemoryPlanner.Request(
                            region.bytes(), new Lifetime(region.first(), region.last())))
                .toList(),
            Memory.ALIGNMENT);
    this.steps = lowering.steps().toArray(Lowering.Step[]::new);
    this.followers = lowering.followers();
  }

  /** What must be brought up to date before a run. */
  List<Followers.Follower> followers() {
    return followers;
  }

  @Override
  public Plan plan() {
    return lowering.plan;
  }

  @Override
  public long arenaBytes() {
    return packing.bytes();
  }

  long inputBytes() {
    return lowering.inputs().keySet().stream().mapToLong(this::inputFloats).sum() * Float.BYTES;
  }

  private long inputFloats(String name) {
    return input(name).shape().elements();
  }

  private Value input(String name) {
    return lowering
        .plan
        .graph()
        .find(name)
        .filter(node -> lowering.inputs().containsKey(name))
        .map(Node::output)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "feed: the plan has no input '"
                        + name
                        + "'; it has "
                        + lowering.inputs().keySet()));
  }

  void bindInputs(Resources resources) {
    for (Map.Entry<String, Region> entry : lowering.inputs().entrySet()) {
      Memory memory = new Memory(inputFloats(entry.getKey()) * Float.BYTES);
      resources.onClose(memory::close);
      entry.getValue().bind(memory.address());
    }
  }

  void bindArena(long address) {
    for (int i = 0; i < regions.size(); i++) {
      regions.get(i).bind(address + packing.offsets().get(i));
    }
    lowering.bindings().forEach(this::bind);
  }

  private void bind(Lowering.Binding binding) {
    Dnnl.bind(binding.memory(), binding.region().address());
  }

  @Override
  public void feed(String input, FloatBuffer values) {
    session.requireUsable(this);
    int count = Math.toIntExact(input(input).shape().elements());
    if (values.remaining() < count) {
      throw new InvalidInputException(
          "feed: input '" + input + "' takes " + count + " floats, given " + values.remaining());
    }
    StateStore.floats(lowering.inputs().get(input), count).put(0, values, values.position(), count);
    Reference.reachabilityFence(session);
  }

  @Override
  public void feed(String input, Tensor values) {
    session.requireUsable(this);
    Shape shape = input(input).shape();
    if (!values.shape().equals(shape)) {
      throw new InvalidInputException(
          "feed: input '" + input + "' takes " + shape + ", given " + values.shape());
    }
    feed(input, FloatBuffer.wrap(values.toFloats()));
  }

  @Override
  public void run(long seed, long step) {
    Lowering.Run run = new Lowering.Run(seed, step);
    whole(
        () -> {
          for (Lowering.Step each : steps) {
            each.action().run(run);
          }
        });
  }

  @Override
  public List<PlanStep> steps() {
    return Arrays.stream(steps).map(Lowering.Step::what).toList();
  }

  @Override
  public double[] time(long seed, long step) {
    Lowering.Run run = new Lowering.Run(seed, step);
    double[] seconds = new double[steps.length];
    whole(
        () -> {
          for (int i = 0; i < steps.length; i++) {
            long begin = System.nanoTime();
            steps[i].action().run(run);
            lowering.dnnl.await();
            seconds[i] = (System.nanoTime() - begin) * 1e-9;
          }
        });
    return seconds;
  }

  /** Does the steps on the engine's thread, with all that belongs before and after them. */
  private void whole(Runnable allSteps) {
    session.requireUsable(this);
    session.runOnEngine(
        () -> {
          session.beforeRun(this);
          allSteps.run();
          lowering.dnnl.await();
          if (lowering.movesState()) {
            session.store().followers().touch(lowering.plan.namespace());
          }
        });
  }

  @Override
  public Tensor fetch(String output) {
    return fetch(lowering.plan.graph().output(output));
  }

  @Override
  public Tensor fetch(Value value) {
    session.requireUsable(this);
    requireResult(value);
    if (!session.ranLast(this)) {
      throw new IllegalStateException(
          "fetch: "
              + value.name()
              + " is gone, another plan of the session has run or a larger one was prepared since;"
              + " fetch right after the run");
    }
    Result result = results.computeIfAbsent(value, this::result);
    float[] values =
        session.onEngine(
            () ->
                result.direct()
                    ? result.read()
                    : session
                        .store()
                        .readCanonical(
                            result.placed().layout(),
                            result.placed().region(),
                            result.canonical()));
    return Tensor.ofFloats(value.shape(), values);
  }

  /**
   * How a value is read.
   *
   * @param placed where it lies
   * @param canonical row-major f32
   * @param view of its floats, if it lies in canonical layout
   */
  private record Result(Lowering.Placed placed, Layout canonical, FloatView view) {
    boolean direct() {
      return placed.layout().same(canonical);
    }

    float[] read() {
      float[] values = new float[Math.toIntExact(canonical.bytes() / Float.BYTES)];
      view.get().get(0, values);
      return values;
    }
  }

  private Result result(Value value) {
    Lowering.Placed placed = lowering.placed(value);
    Layout canonical = Dnnl.plain(lowering.resources, placed.layout().dims(), DType.F32);
    FloatView view = new FloatView(placed.region(), value.shape().elements());
    return new Result(placed, canonical, view);
  }

  private void requireResult(Value value) {
    Plan plan = lowering.plan;
    if (!plan.graph().outputs().containsValue(value)
        && !plan.observed().contains(value)
        && !plan.gradients().containsValue(value)) {
      throw new InvalidInputException(
          "fetch: " + value.name() + " is neither an output nor observed nor a gradient");
    }
  }

  @Override
  public double scalar(String output) {
    return fetch(output).get(0);
  }
}
