package io.resnet4j.train;

import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Normalisation;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Evaluates the network of a session, between steps of training too. A last batch that is not full
 * has a plan of its own size, so every picture counts once.
 */
final class Evaluator implements AutoCloseable {
  private final Session session;
  private final ModelSpec spec;
  private final Precision precision;
  private final Normalisation normalisation;
  private final int batch;
  private final int workers;
  private final Map<Integer, Executable> plans = new TreeMap<>();
  // Loaders are kept: making one allocates memory that only the garbage collector gives back.
  private final Map<Dataset, Loader> loaders = new IdentityHashMap<>();

  /** Hears how far an evaluation is. */
  @FunctionalInterface
  interface Progress {
    void done(int pictures);
  }

  Evaluator(
      Session session,
      ModelSpec spec,
      Precision precision,
      Normalisation normalisation,
      int batch,
      int workers) {
    this.session = session;
    this.spec = spec;
    this.precision = precision;
    this.normalisation = normalisation;
    this.batch = batch;
    this.workers = workers;
  }

  /** Makes the plans that a data set needs, so that too little memory shows before training. */
  void prepare(Dataset data) {
    int full = Math.min(batch, data.size());
    plan(full);
    if (data.size() % full != 0) {
      plan(data.size() % full);
    }
    loaders.computeIfAbsent(
        data,
        d -> new Loader(d, Loader.Options.evaluation(full, normalisation).withWorkers(workers)));
  }

  private Executable plan(int size) {
    return plans.computeIfAbsent(
        size, n -> session.prepare(Planner.plan(Program.inference(spec.graph(n), precision))));
  }

  Evaluation evaluate(Dataset data, Progress progress) {
    prepare(data);
    int n = 0;
    long first = 0;
    long firstFive = 0;
    double loss = 0;
    for (Batch pictures : loaders.get(data).epoch(0)) {
      Executable plan = plan(pictures.size());
      plan.feed(ModelSpec.IMAGES, pictures.images());
      plan.run(0, 0);
      float[] logits = plan.fetch(ModelSpec.LOGITS).toFloats();
      for (int i = 0; i < pictures.size(); i++) {
        int rank = Logits.rank(logits, i, spec.classes(), pictures.labels()[i]);
        first += rank < 1 ? 1 : 0;
        firstFive += rank < 5 ? 1 : 0;
        loss += Logits.crossEntropy(logits, i, spec.classes(), pictures.labels()[i]);
      }
      n += pictures.size();
      progress.done(n);
    }
    return new Evaluation(n, (double) first / n, (double) firstFive / n, loss / n);
  }

  /** Ends the loaders; the plans go with the session. */
  @Override
  public void close() {
    loaders.values().forEach(Loader::close);
    loaders.clear();
  }
}
