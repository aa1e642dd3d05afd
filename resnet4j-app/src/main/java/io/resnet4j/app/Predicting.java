package io.resnet4j.app;

import io.resnet4j.data.Views;
import io.resnet4j.infer.Features;
import io.resnet4j.infer.Prediction;
import io.resnet4j.infer.Predictor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Takes pictures as they come, runs them in batches, and hands on what the network says. */
final class Predicting {
  /** So long a picture waits for others to be looked at with it. */
  private static final long PATIENCE_MS = 100;

  private final Predictor predictor;
  private final Wish wish;
  private final PredictOutput.Writer writer;
  private final PredictProgress progress;
  private final Console console;
  private final Optional<Features> features;
  private final Optional<FeatureFile> featureFile;
  private final List<PictureStream.Prepared> batch = new ArrayList<>();
  private int status = Main.OK;

  /**
   * What is asked for.
   *
   * @param top classes a picture
   * @param views of each picture
   * @param featureFile where features go
   * @param featuresInJson whether they go into lines of JSON
   * @param batch pictures at a time
   * @param workers threads that read
   * @param skip whether bad pictures are left out
   * @param debug whether a bad one's stack is shown
   */
  record Wish(
      int top,
      Views views,
      Optional<Path> featureFile,
      boolean featuresInJson,
      int batch,
      int workers,
      boolean skip,
      boolean debug) {}

  Predicting(
      Predictor predictor,
      Wish wish,
      PredictOutput.Writer writer,
      PredictProgress progress,
      Console console) {
    this.predictor = predictor;
    this.wish = wish;
    this.writer = writer;
    this.progress = progress;
    this.console = console;
    this.features =
        wish.featuresInJson || wish.featureFile.isPresent()
            ? Optional.of(Features.of(predictor))
            : Optional.empty();
    this.featureFile =
        wish.featureFile.map(
            file -> new FeatureFile(file, predictor.spec().name(), features.orElseThrow().size()));
  }

  /** The exit status. */
  int run(PictureInputs.Listed listed) {
    try (PictureStream stream =
        new PictureStream(
            listed.pictures(),
            wish.workers,
            2 * wish.batch,
            picture -> predictor.inputs(List.of(picture.reader().get()), wish.views))) {
      Optional<PictureStream.Prepared> next;
      while ((next = stream.next()).isPresent()) {
        take(next.get());
        if (!stream.soon(PATIENCE_MS)) {
          // Whoever sends pictures now and then is not kept waiting for a whole batch.
          flush();
        }
      }
      flush();
    }
    writer.end();
    featureFile.ifPresent(FeatureFile::write);
    return status;
  }

  private void take(PictureStream.Prepared picture) {
    RuntimeException failure = picture.failure();
    if (failure == null) {
      batch.add(picture);
      if (batch.size() == wish.batch) {
        flush();
      }
      return;
    }
    if (!wish.skip) {
      throw failure;
    }
    progress.bad();
    int worse = Main.failed(console, failure, wish.debug);
    status = status == Main.FAILED ? status : worse;
  }

  private void flush() {
    if (batch.isEmpty()) {
      return;
    }
    FloatBuffer images = together();
    int count = batch.size() * wish.views.count();
    List<float[]> rows = List.of();
    float[] logits;
    if (features.isPresent()) {
      Features.Seen seen = features.get().see(images, count);
      logits = seen.logits();
      rows = features.get().rows(seen, wish.views);
    } else {
      logits = predictor.logits(images, count);
    }
    List<List<Prediction>> best = predictor.best(logits, wish.views, wish.top);
    for (int i = 0; i < batch.size(); i++) {
      Optional<float[]> row = rows.isEmpty() ? Optional.empty() : Optional.of(rows.get(i));
      String name = batch.get(i).name();
      writer.picture(name, best.get(i), wish.featuresInJson ? row : Optional.empty());
      featureFile.ifPresent(file -> file.add(name, row.orElseThrow()));
    }
    progress.done(batch.size());
    batch.clear();
  }

  private FloatBuffer together() {
    int samples = batch.stream().mapToInt(picture -> picture.values().remaining()).sum();
    FloatBuffer images = FloatBuffer.allocate(samples);
    batch.forEach(picture -> images.put(picture.values()));
    return images.flip();
  }
}
