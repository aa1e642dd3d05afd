package io.resnet4j.lab;

import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Normalisation;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.infer.Tally;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.util.Map;

/** Evaluates a network whose weights change: one plan over the same pictures, not augmented. */
final class Examiner implements AutoCloseable {
  private static final int BATCH = 100;

  private final Session session;
  private final Executable plan;
  private final Loader loader;
  private final int classes;

  /**
   * An examiner of one network.
   *
   * @param wanted pictures, spread evenly over the data set; a last batch that would not be full is
   *     left out, so that one plan is enough
   */
  Examiner(ModelSpec spec, Dataset data, int wanted, Normalisation normalisation) {
    int batch = Math.min(Math.min(BATCH, wanted), data.size());
    Dataset some = Pictures.wholeBatches(data, wanted, batch);
    classes = spec.classes();
    loader = new Loader(some, Loader.Options.evaluation(batch, normalisation));
    session = Backends.named(Backends.DEFAULT).open();
    plan = session.prepare(Planner.plan(Program.inference(spec.graph(batch), Precision.F32)));
  }

  /** What the network makes of the pictures with this state, or with as much of it as changes. */
  Evaluation evaluation(Map<String, Tensor> state) {
    state.forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
    Tally tally = new Tally(classes);
    for (Batch batch : loader.epoch(0)) {
      plan.feed(ModelSpec.IMAGES, batch.images());
      plan.run(0, 0);
      tally.add(plan.fetch(ModelSpec.LOGITS).toFloats(), batch.labels(), batch.size());
    }
    return tally.evaluation();
  }

  /** The share of the pictures that it takes for something else. */
  double error(Map<String, Tensor> state) {
    return 1 - evaluation(state).top1();
  }

  @Override
  public void close() {
    loader.close();
    session.close();
  }
}
