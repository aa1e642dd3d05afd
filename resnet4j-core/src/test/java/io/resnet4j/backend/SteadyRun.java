package io.resnet4j.backend;

import io.resnet4j.graph.Value;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A network in training on one batch that stays. */
final class SteadyRun implements AutoCloseable {
  final Session session = Backends.named("onednn").open();
  private final Executable executable;
  final List<UpdateRule.Group> groups;
  private long step;

  SteadyRun(ModelSpec spec, int batch, Precision precision) {
    this(spec, batch, precision, new UpdateRule.Sgd(0.9, false));
  }

  /** Matrices and kernels move by {@code rule}, the rest by SGD. */
  SteadyRun(ModelSpec spec, int batch, Precision precision, UpdateRule rule) {
    Program program = Program.training(spec.trainingGraph(batch, 0), ModelSpec.LOSS, precision);
    executable = session.prepare(Planner.plan(program));
    Model model = spec.initialise(3);
    model.state().forEach((path, value) -> session.write(Program.MODEL, path, value));
    Set<String> matrices = new HashSet<>();
    Set<String> others = new HashSet<>();
    for (Value parameter : program.graph().parameters()) {
      (parameter.shape().rank() > 1 ? matrices : others).add(parameter.name());
    }
    groups =
        List.of(
            new UpdateRule.Group(rule, matrices, 0.01, 1e-4),
            new UpdateRule.Group(new UpdateRule.Sgd(0.9, false), others, 0.01, 1e-4));
    Shape pictures = Shape.of(batch, spec.channels(), spec.height(), spec.width());
    KeyedRandom random = KeyedRandom.of(3, "pictures");
    float[] values = new float[(int) pictures.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.normalAt(i);
    }
    executable.feed(ModelSpec.IMAGES, Tensor.ofFloats(pictures, values));
    float[] targets = new float[batch * spec.classes()];
    for (int n = 0; n < batch; n++) {
      targets[n * spec.classes() + n % spec.classes()] = 1;
    }
    executable.feed(ModelSpec.TARGETS, Tensor.ofFloats(Shape.of(batch, spec.classes()), targets));
  }

  void steps(int count) {
    for (int i = 0; i < count; i++) {
      executable.run(3, step);
      session.update(Program.MODEL, groups, step++);
    }
  }

  Map<String, float[]> state() {
    Map<String, float[]> state = new LinkedHashMap<>();
    for (String path : session.state(Program.MODEL).keySet()) {
      state.put(path, session.read(Program.MODEL, path).toFloats());
    }
    return state;
  }

  @Override
  public void close() {
    session.close();
  }

  /**
   * Trains for as many steps as the argument says and prints what became of the memory, in bytes:
   * growth over the steps; what a second session takes, holds resident, and leaves once closed. In
   * a process of its own, since a heap that shrinks would hide all of it.
   */
  public static void main(String[] arguments) throws IOException {
    int steps = Integer.parseInt(arguments[0]);
    long growth;
    try (SteadyRun run = new SteadyRun(Models.named("resnet20"), 8, Precision.F32)) {
      run.steps(steps / 2); // The just-in-time compiler takes some megabytes before it rests.
      long before = residentBytes();
      run.steps(steps);
      growth = residentBytes() - before;
    }
    ModelSpec small = Models.named("resnet18").withInput(3, 64, 64);
    try (SteadyRun run = new SteadyRun(small, 16, Precision.F32)) {
      run.steps(1); // The Java heap and the compiled code grow here, not in what is measured.
    }
    long before = residentBytes();
    long taken;
    long held;
    try (SteadyRun run = new SteadyRun(small, 16, Precision.F32)) {
      run.steps(1);
      taken = run.session.bytes();
      held = residentBytes() - before;
    }
    long left = residentBytes() - before;
    System.out.printf("%d %d %d %d%n", growth, taken, held, left);
  }

  private static long residentBytes() throws IOException {
    System.gc();
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IOException("/proc/self/status has no VmRSS");
  }
}
