package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.DataSplits;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Value;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.MemoryMode;
import io.resnet4j.plan.Mode;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** The gradient by the length of the paths that it takes: Veit, Wilber and Belongie 2016. */
final class PathsExperiment implements Experiment {
  @Override
  public String name() {
    return "paths";
  }

  @Override
  public String question() {
    return "How long are the paths that the gradient takes? The norm of what comes back along"
        + " random paths through so many branches, all other blocks passed by their shortcuts, and"
        + " how much all paths of that length bring together.";
  }

  @Override
  public String source() {
    return "Veit, Wilber and Belongie 2016, arXiv:1605.06431, section 4.3, figure 6";
  }

  @Override
  public Settings settings(boolean full) {
    return Settings.of(
        name(),
        "network",
        "preresnet110",
        GivenWeights.SETTING,
        "",
        "steps",
        full ? "64000" : "200",
        "recipe",
        full ? "cifar10-he2016" : ShortTraining.USUAL,
        "pictures",
        full ? "64" : "8",
        "draws",
        full ? "20" : "5",
        "stride",
        full ? "1" : "2");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    for (String name : List.of("steps", "draws", "stride")) {
      settings.integer(name, 1);
    }
    settings.integer("pictures", 2);
    given(settings);
    String network = settings.text("network");
    List<Block> blocks = Block.required(Models.named(network).graph(1), network);
    if (blocks.stream().anyMatch(block -> block.fork().isEmpty())) {
      throw new InvalidInputException(
          network
              + ": its blocks have no shortcut beside a branch; give a residual network such"
              + " as preresnet110");
    }
    int stride = settings.integer("stride", 1);
    return Cells.of("blocks", List.of(blocks.size()))
        .by(
            "length",
            IntStream.rangeClosed(0, blocks.size() / stride).mapToObj(i -> i * stride).toList())
        .list();
  }

  private static GivenWeights given(Settings settings) {
    return new GivenWeights(settings, List.of(settings.text("network")));
  }

  @Override
  public void require(Settings settings, DataSplits data) {
    given(settings).require(network -> Networks.named(network, data));
  }

  private static Optional<Model> model(Settings settings, Bench bench) {
    String network = settings.text("network");
    ModelSpec spec = Networks.named(network, bench.data());
    return given(settings)
        .model(network, spec)
        .or(() -> Budget.onAll(settings, bench).model(spec.name(), spec, bench.seed()));
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    Optional<Model> model = model(settings, bench);
    if (model.isEmpty()) {
      return List.of();
    }
    int length = (int) cell.get("length");
    List<Map<String, Object>> rows = new ArrayList<>();
    try (Ways ways =
        new Ways(
            model.get(), bench.seenBy(model.get()).pictures(settings.integer("pictures", 2)))) {
      KeyedRandom random = KeyedRandom.of(bench.seed(), "lab/paths").child(length);
      for (int draw = 0; draw < settings.integer("draws", 1); draw++) {
        rows.add(Rows.row("draw", draw, "norm", ways.norm(length, random.child(draw))));
      }
    }
    return rows;
  }

  /** A trained network taken apart into its branches and shortcuts, on some pictures. */
  static final class Ways implements AutoCloseable {
    private final Session session;
    private final List<Block> blocks;
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<Tensor> outputs = new ArrayList<>();
    private final List<BlockBackward> branches = new ArrayList<>();
    private final List<BlockBackward> shortcuts = new ArrayList<>();
    private final List<BlockBackward> entries = new ArrayList<>();
    private final List<Boolean> rectified = new ArrayList<>();
    private final List<Tensor> entered = new ArrayList<>();
    private final Tensor behind;
    private final Tensor whole;

    Ways(Model model, Pictures pictures) {
      Graph graph = model.spec().trainingGraph(pictures.count(), 0);
      blocks = Block.required(graph, model.spec().name());
      session = Backends.named(Backends.DEFAULT).open();
      Set<Value> observed = new LinkedHashSet<>();
      for (Block block : blocks) {
        observed.add(block.input());
        observed.add(block.fork().orElseThrow().at());
        observed.add(block.output());
      }
      Value last = blocks.get(blocks.size() - 1).output();
      Value first = blocks.get(0).fork().orElseThrow().at();
      Executable run =
          session.prepare(
              Planner.plan(
                  new Program(
                      graph,
                      Mode.INFERENCE,
                      Precision.F32,
                      Optional.of(graph.output(ModelSpec.LOSS)),
                      List.of(last, first),
                      observed,
                      Program.MODEL,
                      MemoryMode.KEEP)));
      model.state().forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
      run.feed(ModelSpec.IMAGES, pictures.images());
      run.feed(ModelSpec.TARGETS, pictures.targets());
      run.run(0, 0);
      behind = run.fetch(run.plan().gradients().get(last.name()));
      whole = run.fetch(run.plan().gradients().get(first.name()));
      for (Block block : blocks) {
        inputs.add(run.fetch(block.fork().orElseThrow().at()));
        entered.add(run.fetch(block.input()));
        outputs.add(run.fetch(block.output()));
      }
      for (Block block : blocks) {
        Block.Fork fork = block.fork().orElseThrow();
        branches.add(new BlockBackward(session, graph, fork.at(), fork.branch()));
        shortcuts.add(new BlockBackward(session, graph, fork.at(), fork.shortcut()));
        entries.add(new BlockBackward(session, graph, block.input(), fork.at()));
        rectified.add(!graph.producer(block.output()).path().equals(block.path() + ".add"));
      }
    }

    /** |dL/dx| where the first block forks, along all paths: what the sum over paths must give. */
    double whole() {
      return Stats.norm(Stats.values(whole));
    }

    /** The same, from the parts: every block by branch and by shortcut. */
    double summed() {
      Tensor gradient = behind;
      for (int i = blocks.size() - 1; i >= 0; i--) {
        gradient = rectify(i, gradient);
        float[] sum = branches.get(i).back(inputs.get(i), gradient).toFloats();
        Tensor other = shortcuts.get(i).back(inputs.get(i), gradient);
        for (int j = 0; j < sum.length; j++) {
          sum[j] += (float) other.get(j);
        }
        gradient = toEntry(i, Tensor.ofFloats(other.shape(), sum));
      }
      return Stats.norm(Stats.values(gradient));
    }

    /** The norm of what one random path through {@code length} branches brings. */
    double norm(int length, KeyedRandom random) {
      boolean[] taken = new boolean[blocks.size()];
      int[] order = random.permutation(blocks.size());
      for (int i = 0; i < length; i++) {
        taken[order[i]] = true;
      }
      Tensor gradient = behind;
      for (int i = blocks.size() - 1; i >= 0; i--) {
        gradient = rectify(i, gradient);
        gradient = (taken[i] ? branches : shortcuts).get(i).back(inputs.get(i), gradient);
        gradient = toEntry(i, gradient);
      }
      return Stats.norm(Stats.values(gradient));
    }

    /** Through what a pre-activated block does before it forks; the first block's is the stem's. */
    private Tensor toEntry(int block, Tensor gradient) {
      return block == 0 ? gradient : entries.get(block).back(entered.get(block), gradient);
    }

    /** Back through a ReLU behind the sum. */
    private Tensor rectify(int block, Tensor gradient) {
      if (!rectified.get(block)) {
        return gradient;
      }
      float[] masked = gradient.toFloats();
      float[] output = outputs.get(block).toFloats();
      for (int i = 0; i < masked.length; i++) {
        masked[i] = output[i] > 0 ? masked[i] : 0;
      }
      return Tensor.ofFloats(gradient.shape(), masked);
    }

    @Override
    public void close() {
      session.close();
    }
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    return new PathsFindings(rows).findings();
  }
}
