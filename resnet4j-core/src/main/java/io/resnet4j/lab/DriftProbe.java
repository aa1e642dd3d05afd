package io.resnet4j.lab;

import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Criterion;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Program;
import io.resnet4j.train.StepProbe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Measures what an update of the layers before a layer does to that layer: how far its inputs'
 * means and deviations move (the internal covariate shift of Ioffe and Szegedy 2015,
 * arXiv:1502.03167, section 2) and how its gradient turns (the shift as Santurkar et al. 2018,
 * arXiv:1805.11604, definition 2.1, have it). Always on the same pictures, in a copy of the state.
 */
final class DriftProbe implements StepProbe {
  private static final String NAMESPACE = "drift";
  private static final int LAYERS = 3;
  private static final int PICTURES = 64;

  private final int every;
  private final List<Drift> drifts = new ArrayList<>();
  private final Map<String, Before> before = new LinkedHashMap<>();
  private @Nullable Kit kit;

  /**
   * What one update did to a layer.
   *
   * @param step updates before it
   * @param layer its path
   * @param shift of the inputs' means, root mean square over channels, over their deviation
   * @param spread |log| of the ratio of the inputs' deviations, mean over channels
   * @param cosine between the layer's gradient before and after the layers before it have moved
   * @param change |difference of these gradients| / |gradient before|
   */
  record Drift(
      long step, String layer, double shift, double spread, double cosine, double change) {}

  private record Before(Stats.Moments inputs, double[] gradient) {}

  /** A layer, its weight's path, and the state that comes before it in the graph. */
  private record Layer(String path, String weight, Value input, Set<String> earlier) {}

  private record Kit(Session session, Executable plan, Pictures pictures, List<Layer> layers) {}

  /** Measures every so many steps. */
  DriftProbe(int every) {
    this.every = every;
  }

  /** What was measured so far. */
  List<Drift> drifts() {
    return List.copyOf(drifts);
  }

  @Override
  public void attach(Subject to) {
    Pictures pictures = Pictures.of(to.training(), PICTURES, to.normalisation());
    Graph graph = to.spec().trainingGraph(pictures.count(), new Criterion.CrossEntropy(0));
    List<Layer> layers = chosen(graph);
    Set<Value> inputs = new LinkedHashSet<>();
    layers.forEach(layer -> inputs.add(layer.input()));
    Executable plan =
        to.session()
            .prepare(
                Planner.plan(
                    Program.training(graph, ModelSpec.LOSS, to.precision())
                        .observing(inputs)
                        .over(NAMESPACE)));
    kit = new Kit(to.session(), plan, pictures, layers);
  }

  /** Convolutions at equal distances in the network, the last one among them, the first not. */
  private static List<Layer> chosen(Graph graph) {
    Map<Node, Value> weighted = new LinkedHashMap<>(Layers.weighted(graph));
    weighted.keySet().removeIf(node -> !(node.op() instanceof Op.Conv2d));
    List<Node> nodes = List.copyOf(weighted.keySet());
    List<Layer> layers = new ArrayList<>();
    for (int i = 1; i <= LAYERS; i++) {
      Node node = nodes.get((nodes.size() - 1) * i / LAYERS);
      Set<String> earlier = new LinkedHashSet<>();
      for (Node other : graph.nodes()) {
        if (other == node || other.output().equals(weighted.get(node))) {
          break;
        }
        if (Block.isState(other)) {
          earlier.add(other.path());
        }
      }
      layers.add(new Layer(node.path(), weighted.get(node).name(), node.input(0), earlier));
    }
    return layers;
  }

  @Override
  public void beforeUpdate(long done) {
    before.clear();
    if (kit == null || done % every != 0) {
      return;
    }
    Kit k = kit;
    k.session().blend(NAMESPACE, 0, Program.MODEL, 1, k.session().state(NAMESPACE).keySet());
    run(k);
    k.layers().forEach(layer -> before.put(layer.path(), read(k, layer)));
  }

  @Override
  public void afterUpdate(long done) {
    if (kit == null || before.isEmpty()) {
      return;
    }
    Kit k = kit;
    for (Layer layer : k.layers()) {
      // Layers come in order, so what moved for the one before stays moved.
      k.session().blend(NAMESPACE, 0, Program.MODEL, 1, layer.earlier());
      run(k);
      drifts.add(drift(done, layer, before.get(layer.path()), read(k, layer)));
    }
  }

  private static void run(Kit kit) {
    kit.plan().feed(ModelSpec.IMAGES, kit.pictures().images());
    kit.plan().feed(ModelSpec.TARGETS, kit.pictures().targets());
    kit.plan().run(0, 0);
  }

  private static Before read(Kit kit, Layer layer) {
    return new Before(
        Stats.moments(kit.plan().fetch(layer.input())),
        Stats.values(kit.session().readGradient(NAMESPACE, layer.weight())));
  }

  private static Drift drift(long step, Layer layer, Before then, Before now) {
    double[] variances = then.inputs().variances();
    double[] varied = now.inputs().variances();
    double moved = 0;
    double variance = 0;
    double spread = 0;
    int alive = 0;
    for (int c = 0; c < variances.length; c++) {
      double off = now.inputs().means()[c] - then.inputs().means()[c];
      moved += off * off;
      variance += variances[c];
      // A dead channel has no deviation to compare.
      if (variances[c] > 0 && varied[c] > 0) {
        spread += Math.abs(Math.log(varied[c] / variances[c])) / 2;
        alive++;
      }
    }
    double[] difference = now.gradient().clone();
    for (int i = 0; i < difference.length; i++) {
      difference[i] -= then.gradient()[i];
    }
    return new Drift(
        step,
        layer.path(),
        Math.sqrt(moved / variance),
        alive == 0 ? Double.NaN : spread / alive,
        Stats.cosine(now.gradient(), then.gradient()),
        Stats.norm(difference) / Stats.norm(then.gradient()));
  }
}
