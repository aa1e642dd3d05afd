package io.resnet4j.train;

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
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Evaluates the network in a namespace of a session, between steps of training too. A last batch
 * that is not full has a plan of its own size, so every picture counts once.
 */
final class Evaluator implements AutoCloseable {
  private final Session session;
  private final String namespace;
  private final ModelSpec spec;
  private final Precision precision;
  private final Normalisation normalisation;
  private final int batch;
  private final int workers;
  private final Map<Integer, Executable> plans = new TreeMap<>();
  private final Map<Dataset, Loader> loaders = new IdentityHashMap<>();
  private final Set<Dataset> prepared = Collections.newSetFromMap(new IdentityHashMap<>());

  /** Hears how far an evaluation is. */
  @FunctionalInterface
  interface Progress {
    void done(int pictures);
  }

  Evaluator(
      Session session,
      String namespace,
      ModelSpec spec,
      Precision precision,
      Normalisation normalisation,
      int batch,
      int workers) {
    this.session = session;
    this.namespace = namespace;
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
    prepared.add(data);
  }

  /** Makes the loaders of what is prepared, for the same reason. */
  void load() {
    prepared.forEach(this::loader);
  }

  private Loader loader(Dataset data) {
    Loader.Options options = Loader.Options.evaluation(Math.min(batch, data.size()), normalisation);
    return loaders.computeIfAbsent(data, d -> new Loader(d, options.withWorkers(workers)));
  }

  private Executable plan(int size) {
    return plans.computeIfAbsent(
        size,
        n ->
            session.prepare(
                Planner.plan(Program.inference(spec.graph(n), precision).over(namespace))));
  }

  Evaluation evaluate(Dataset data, Progress progress) {
    prepare(data);
    Tally tally = new Tally(spec.classes());
    for (Batch pictures : loader(data).epoch(0)) {
      int count = pictures.size();
      Executable plan = plan(count);
      plan.feed(ModelSpec.IMAGES, pictures.images());
      plan.run(0, 0);
      tally.add(plan.fetch(ModelSpec.LOGITS).toFloats(), pictures.labels(), count);
      progress.done(tally.pictures());
    }
    return tally.evaluation();
  }

  /** Ends the loaders; the plans go with the session. */
  @Override
  public void close() {
    loaders.values().forEach(Loader::close);
    loaders.clear();
  }
}
