package io.resnet4j.train;

import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Views;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.infer.Tally;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.util.HashMap;
import java.util.HashSet;
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
  private final Map<Seen, Loader> loaders = new HashMap<>();
  private final Set<Seen> prepared = new HashSet<>();

  /** A data set and what is looked at of its pictures. */
  private record Seen(Dataset data, Views views) {}

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
  void prepare(Dataset data, Views views) {
    int full = rows(new Seen(data, views));
    int rest = views.over(data).size() % full;
    plan(full);
    if (rest != 0) {
      plan(rest);
    }
    prepared.add(new Seen(data, views));
  }

  /** Makes the loaders of what is prepared, for the same reason. */
  void load() {
    prepared.forEach(this::loader);
  }

  /** Of whole pictures, each with all of its views. */
  private int rows(Seen of) {
    return Math.min(Math.max(1, batch / of.views().count()), of.data().size()) * of.views().count();
  }

  private Loader loader(Seen of) {
    Loader.Options options = Loader.Options.evaluation(rows(of), normalisation);
    return loaders.computeIfAbsent(
        of, seen -> new Loader(seen.views().over(seen.data()), options.withWorkers(workers)));
  }

  private Executable plan(int size) {
    return plans.computeIfAbsent(
        size,
        n ->
            session.prepare(
                Planner.plan(Program.inference(spec.graph(n), precision).over(namespace))));
  }

  Evaluation evaluate(Dataset data, Views views, Progress progress) {
    prepare(data, views);
    Tally tally = new Tally(spec.classes());
    for (Batch pictures : loader(new Seen(data, views)).epoch(0)) {
      int count = pictures.size();
      Executable plan = plan(count);
      plan.feed(ModelSpec.IMAGES, pictures.images());
      plan.run(0, 0);
      tally.add(
          plan.fetch(ModelSpec.LOGITS).toFloats(), pictures.labels(), count / views.count(), views);
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
