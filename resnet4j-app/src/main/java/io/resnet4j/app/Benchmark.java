package io.resnet4j.app;

import io.resnet4j.backend.Backend;
import io.resnet4j.backend.ChoiceCache;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Graph;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.TrainedModel;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.quantise.Calibration;
import io.resnet4j.quantise.Method;
import io.resnet4j.quantise.QuantisedModel;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.train.Recipe;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Times steps of a network on drawn numbers. */
final class Benchmark {
  private static final double LEARNING_RATE = 0.01;

  /** Two batches take turns, so that no step finds its input where the last one left it. */
  private static final int BUFFERS = 2;

  private final Backend backend;
  private final ModelSpec spec;
  private final TrainedModel model;
  private final Precision precision;
  private final int batch;
  private final boolean train;
  private final MemoryMode memory;
  private final boolean tuned;
  private final Recipe recipe;
  private double firstStepSeconds;
  private double updateShare;
  private int profiled;
  private Optional<Profile> profile = Optional.empty();

  Benchmark(
      Backend backend,
      TrainedModel model,
      Precision precision,
      int batch,
      boolean train,
      MemoryMode memory,
      boolean tuned,
      Recipe recipe) {
    this.backend = backend;
    this.model = model;
    this.spec = model.spec();
    this.precision = precision;
    this.batch = batch;
    this.train = train;
    this.memory = memory;
    this.tuned = tuned;
    this.recipe = recipe;
  }

  /** Measures each step of {@code runs} further runs as well. */
  Benchmark profiling(int runs) {
    profiled = runs;
    return this;
  }

  static Plan plan(Graph graph, Precision precision, boolean train, MemoryMode memory) {
    return Planner.plan(
        train
            ? Program.training(graph, ModelSpec.LOSS, precision).keeping(memory)
            : Program.inference(graph, precision));
  }

  /** A recipe that says how parameters move. */
  static Recipe recipe(String optimiser) {
    return Recipe.named("cifar10-he2015").set("optimiser=" + optimiser);
  }

  /** A network with drawn weights, its ranges calibrated on drawn numbers. */
  static QuantisedModel drawn(ModelSpec spec, Backend backend) {
    Model model = spec.initialise(0);
    long pixels = (long) spec.channels() * spec.height() * spec.width();
    try (Calibration calibration = Calibration.of(model, backend)) {
      calibration.add(normal(BUFFERS * pixels, "bench/calibration"), BUFFERS);
      return QuantisedModel.of(model, calibration.quantisation(Method.MINMAX));
    }
  }

  /**
   * What was measured.
   *
   * @param median pictures a second of the median step
   * @param best pictures a second of the fastest step
   * @param bestFlops floating-point operations a second of the fastest step
   * @param prepareSeconds from the graph to a plan that can run
   * @param firstStepSeconds from the start of the JVM to the end of the first step, timed or not
   * @param sessionBytes all memory of the session
   * @param updateShare of the timed steps' time that updates of the parameters took
   * @param profile of the runs that were to be profiled
   */
  record Result(
      double median,
      double best,
      double bestFlops,
      double prepareSeconds,
      double firstStepSeconds,
      long sessionBytes,
      double updateShare,
      Optional<Profile> profile) {}

  Result run(int warmUp, int steps, Console console) {
    ChoiceCache cache = ChoiceCache.of(backend);
    Choices choices = tuned ? Choices.measuring(cache.read()) : Choices.DEFAULTS;
    try (Session session = backend.open(choices)) {
      long begin = System.nanoTime();
      Graph graph = train ? spec.trainingGraph(batch, 0) : model.graph(batch);
      Executable plan = session.prepare(plan(graph, precision, train, memory));
      double prepared = (System.nanoTime() - begin) * 1e-9;
      if (tuned) {
        cache.add(session.choices());
      }
      console.detail("plan ready after " + Text.seconds(prepared));
      model.state().forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
      double[] seconds = time(session, plan, graph, warmUp, steps, console);
      Arrays.sort(seconds);
      double median = (seconds[(seconds.length - 1) / 2] + seconds[seconds.length / 2]) / 2;
      // Backward costs two forwards: one for the data's gradient, one for the weights'.
      double flops = (train ? 6.0 : 2.0) * spec.counts().macs() * batch;
      return new Result(
          batch / median,
          batch / seconds[0],
          flops / seconds[0],
          prepared,
          firstStepSeconds,
          session.bytes(),
          updateShare,
          profile);
    }
  }

  private double[] time(
      Session session, Executable plan, Graph graph, int warmUp, int steps, Console console) {
    FloatBuffer[] images = new FloatBuffer[BUFFERS];
    FloatBuffer[] targets = new FloatBuffer[BUFFERS];
    int pixels = spec.channels() * spec.height() * spec.width();
    for (int b = 0; b < BUFFERS; b++) {
      images[b] = normal((long) batch * pixels, "bench/images/" + b);
      targets[b] = oneHot("bench/targets/" + b);
    }
    List<UpdateRule.Group> groups =
        recipe.groups(graph).stream().map(group -> group.at(LEARNING_RATE)).toList();
    double[] seconds = new double[steps];
    double updating = 0;
    for (int i = -warmUp; i < steps; i++) {
      long begin = System.nanoTime();
      plan.feed(ModelSpec.IMAGES, images[Math.floorMod(i, BUFFERS)]);
      if (train) {
        plan.feed(ModelSpec.TARGETS, targets[Math.floorMod(i, BUFFERS)]);
        plan.run(0, i + warmUp);
        double loss = plan.scalar(ModelSpec.LOSS);
        long update = System.nanoTime();
        session.update(Program.MODEL, groups, i + warmUp);
        updating += i < 0 ? 0 : (System.nanoTime() - update) * 1e-9;
        if (Double.isNaN(loss)) {
          throw new IllegalStateException(spec.name() + ": the loss is not a number");
        }
      } else {
        plan.run(0, 0);
        plan.fetch(ModelSpec.LOGITS);
      }
      double took = (System.nanoTime() - begin) * 1e-9;
      if (i >= 0) {
        seconds[i] = took;
      }
      if (i == -warmUp) {
        firstStepSeconds = Machine.secondsSinceStart();
      }
      console.detail(
          String.format(
              Locale.ROOT, "%s %d: %.4f s", i < 0 ? "warm-up" : "step", i < 0 ? -i : i + 1, took));
    }
    updateShare = updating / Arrays.stream(seconds).sum();
    if (profiled > 0) {
      profile = Optional.of(Profile.of(plan.steps(), plan.medianTimes(profiled)));
    }
    return seconds;
  }

  static FloatBuffer normal(long count, String key) {
    FloatBuffer buffer = direct(Math.toIntExact(count));
    KeyedRandom random = KeyedRandom.of(0, key);
    // A thousand different numbers are enough, and quick to draw.
    float[] drawn = new float[1009];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = (float) random.normalAt(i);
    }
    for (int i = 0; i < count; i++) {
      buffer.put(i, drawn[i % drawn.length]);
    }
    return buffer;
  }

  private FloatBuffer oneHot(String key) {
    FloatBuffer buffer = direct(Math.multiplyExact(batch, spec.classes()));
    KeyedRandom random = KeyedRandom.of(0, key);
    for (int i = 0; i < batch; i++) {
      buffer.put(i * spec.classes() + random.nextInt(spec.classes()), 1);
    }
    return buffer;
  }

  private static FloatBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(floats, Float.BYTES))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }
}
