package io.resnet4j.bench;

import io.resnet4j.autodiff.Gradients;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.graph.Window;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Single operations of the engine, forward and with their gradients. The graph holds the operation
 * alone: its input and output are plain NCHW, so that a reorder to the layout that its primitive
 * wants is part of the time; {@code bench --profile} shows an operation as it is inside a network.
 */
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class OperationBenchmark {
  private static final String Y = "y";

  /** Batch, channels, height and width of the operation's input. */
  @Param({"32x64x56x56", "32x256x14x14", "128x16x32x32", "1x64x56x56"})
  public String input = "32x64x56x56";

  /** The operation. */
  @Param({"conv3x3", "conv1x1", "batch-norm-relu", "add-relu", "max-pool"})
  public String operation = "conv3x3";

  /** With what numbers. */
  @Param({"f32", "bf16"})
  public String precision = "f32";

  /** Whether the gradients by input and weights are computed too. */
  @Param({"false", "true"})
  public boolean gradients;

  private Session session = Backends.named(Backends.DEFAULT).open();
  private List<Executable> executables = List.of();

  /** Plans the operation and fills what it reads with drawn numbers. */
  @Setup(Level.Trial)
  public void prepare() {
    Plan plan = Planner.plan(program());
    Executable executable = session.prepare(plan);
    for (Node node : plan.graph().nodes()) {
      if (node.inputs().isEmpty()) {
        Tensor drawn = drawn(node.path(), node.output().shape());
        if (node.op() instanceof Op.Input) {
          executable.feed(node.path(), drawn);
        } else {
          session.write(Program.MODEL, node.path(), drawn);
        }
      }
    }
    executables = List.of(executable);
  }

  /** Frees the native memory. */
  @TearDown(Level.Trial)
  public void close() {
    session.close();
  }

  /** One run. */
  @Benchmark
  public void run() {
    executables.get(0).run(0, 0);
  }

  private Program program() {
    GraphBuilder g = new GraphBuilder();
    int[] sizes = Stream.of(input.split("x")).mapToInt(Integer::parseInt).toArray();
    Value x = g.input("x", Shape.of(sizes[0], sizes[1], sizes[2], sizes[3]));
    g.output(Y, operation(g, x, sizes[1]));
    var graph = g.build();
    List<Value> by = new ArrayList<>(graph.parameters());
    by.add(x);
    return new Program(
        graph,
        Mode.TRAINING,
        Precision.valueOf(precision.toUpperCase(Locale.ROOT)),
        gradients ? Optional.of(graph.output(Y)) : Optional.empty(),
        gradients ? by : List.of(),
        Set.of(),
        Program.MODEL,
        MemoryMode.KEEP);
  }

  private Value operation(GraphBuilder g, Value x, int channels) {
    return switch (operation) {
      case "conv3x3" -> g.conv("conv", x, channels, Window.square(3, 1, 1), 1);
      case "conv1x1" -> g.conv("conv", x, channels, Window.square(1, 1, 0), 1);
      case "batch-norm-relu" -> g.relu("relu", g.batchNorm("bn", x));
      case "add-relu" -> g.relu("relu", g.add("add", x, g.input("z", x.shape())));
      case "max-pool" -> g.maxPool("pool", x, Window.square(3, 2, 1));
      default -> throw new IllegalArgumentException("operation " + operation);
    };
  }

  private static Tensor drawn(String path, Shape shape) {
    KeyedRandom random = KeyedRandom.of(0, path);
    float[] values = new float[Math.toIntExact(shape.elements())];
    boolean positive = path.endsWith("running_var");
    for (int i = 0; i < values.length; i++) {
      double value = random.uniformAt(i) - 0.5;
      values[i] = (float) (positive ? 1 + value : path.equals(Gradients.SEED) ? 1e-3 : value);
    }
    return Tensor.ofFloats(shape, values);
  }
}
