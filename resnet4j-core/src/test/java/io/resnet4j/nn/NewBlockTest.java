package io.resnet4j.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Activation;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.GraphBuilder;
import io.resnet4j.graph.Start;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.Plan;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The example of docs/new-block.md. */
class NewBlockTest {
  static Value layerScale(GraphBuilder g, String path, Value x, int width, Style style) {
    Value y = Layers.convNormAct(g, path + ".conv1", path + ".bn1", x, width, 3, 1, style);
    y =
        Layers.norm(
            g, path + ".bn2", Layers.conv(g, path + ".conv2", y, width, 3, 1, style), style);
    Value scale = g.parameter(path + ".scale", new Start.Constant(1e-4), 1, width, 1, 1);
    y = g.add(path + ".add", g.multiply(path + ".scaled", y, scale), x);
    return g.activate(path + ".out", y, style.activation());
  }

  @Test
  void aHandWrittenBlockStartsAndHasGradients() {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("images", Shape.of(4, 3, 8, 8));
    Style style = new Style(Norm.BATCH, Activation.RELU, true);
    Value y = Layers.convNormAct(g, "conv1", "bn1", x, 6, 3, 1, style);
    y = layerScale(g, "block", y, 6, style);
    y = g.linear("fc", g.flatten("flatten", g.globalAveragePool("avgpool", y)), 2);
    Value targets = g.input("targets", Shape.of(4, 2));
    g.output("loss", g.softmaxCrossEntropy("loss", y, targets, 0));
    Graph graph = g.build();

    Map<String, Tensor> state = Initialisation.TORCHVISION.state(graph, 1);
    assertEquals(1e-4f, state.get("block.scale").get(5));

    Plan plan = Planner.plan(Program.training(graph, "loss", Precision.F32));
    try (Session session = Backends.named("reference").open()) {
      Executable run = session.prepare(plan);
      state.forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
      run.feed("images", Initialiser.HE_FAN_IN.make(x.shape(), KeyedRandom.of(1, "images")));
      run.feed("targets", Tensor.ofFloats(targets.shape(), new float[] {1, 0, 0, 1, 1, 0, 0, 1}));
      run.run(0, 0);
      double[] gradient = session.readGradient(Program.MODEL, "block.scale").toDoubles();
      assertTrue(Arrays.stream(gradient).anyMatch(v -> v != 0), Arrays.toString(gradient));
    }
  }
}
