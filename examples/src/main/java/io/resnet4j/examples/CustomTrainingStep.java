package io.resnet4j.examples;

import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Synthetic;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A step that no recipe has: sharpness-aware minimisation (Foret et al., arXiv:2010.01412). The
 * weights climb to where the loss is worst nearby, the gradient is taken there, and applied where
 * they came from.
 */
public final class CustomTrainingStep {
  private static final double RADIUS = 0.05;
  private static final double RATE = 0.05;
  private static final int BATCH = 32;

  private CustomTrainingStep() {}

  /** An epoch over drawn pictures. */
  public static void main(String[] arguments) {
    double loss = train(Models.resnet20(10), Synthetic.open().train());
    System.out.printf("loss at the end: %.3f%n", loss);
  }

  static double train(ModelSpec network, Dataset data) {
    // The network and its loss as a graph; a plan that leaves every parameter's gradient behind.
    Graph graph = network.trainingGraph(BATCH, 0);
    Program program = Program.training(graph, ModelSpec.LOSS, Precision.F32);
    Set<String> weights = graph.parameters().stream().map(Value::name).collect(Collectors.toSet());
    Loader.Options options =
        Loader.Options.training(BATCH, 1, List.of(), Normalisation.perChannel(data))
            .withDropLast(true);
    double loss = 0;
    try (Session session = Backends.named(Backends.DEFAULT).open();
        Loader loader = new Loader(data, options)) {
      Executable step = session.prepare(Planner.plan(program));
      network.initialise(1).state().forEach((path, t) -> session.write(Program.MODEL, path, t));
      for (Batch batch : loader.epoch(0)) {
        step.feed(ModelSpec.IMAGES, batch.images());
        step.feed(ModelSpec.TARGETS, batch.targets());
        loss = sharpnessAware(session, step, weights, batch.index());
      }
    }
    return loss;
  }

  /** Two runs over the same batch, with other weights; the session keeps a copy of the first. */
  private static double sharpnessAware(
      Session session, Executable step, Set<String> weights, int index) {
    step.run(1, index);
    double loss = step.scalar(ModelSpec.LOSS);
    double norm = session.gradientNorm(Program.MODEL, weights);

    session.blend("before", 0, Program.MODEL, 1, weights); // before = weights
    session.blend(Program.MODEL, 1, Session.GRADIENT, RADIUS / (norm + 1e-12), weights);
    step.run(1, index);
    session.blend(Program.MODEL, 0, "before", 1, weights); // weights = before

    UpdateRule.Group all = new UpdateRule.Group(new UpdateRule.Sgd(0.9, true), weights, RATE, 5e-4);
    session.update(Program.MODEL, List.of(all), index);
    return loss;
  }
}
