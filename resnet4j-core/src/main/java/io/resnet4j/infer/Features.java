package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Executable;
import io.resnet4j.data.Batch;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Picture;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.Views;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Program;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a network knows of a picture before it decides: the numbers that its head, the last affine
 * map, reads. Pictures that look alike to the network have features that lie close to each other,
 * by the cosine of their angle above all, also of classes that it was never taught: for search,
 * clustering and small classifiers of one's own.
 *
 * <p>It runs further plans over the session of a {@link Predictor}, which give the logits too: both
 * cost no more than the logits alone. Safe for use by many threads; there is nothing to close.
 *
 * <pre>{@code
 * try (Predictor predictor = Predictor.open(file, Precision.F32)) {
 *   List<float[]> features = Features.of(predictor).of(pictures);
 * }
 * }</pre>
 */
public final class Features {
  private final Predictor predictor;
  private final int size;

  private Features(Predictor predictor) {
    this.predictor = predictor;
    this.size = Math.toIntExact(features(predictor.graph(1)).shape().elements());
  }

  /**
   * Those that the head of {@code predictor}'s network reads.
   *
   * @throws InvalidInputException if its logits are not made by an affine map
   */
  public static Features of(Predictor predictor) {
    return new Features(predictor);
  }

  /** D, how many numbers there are for a picture, such as 2048 of ResNet-50. */
  public int size() {
    return size;
  }

  /**
   * Both that a run gives, row-major.
   *
   * @param features [count,D]
   * @param logits [count,K]
   */
  public record Seen(float[] features, float[] logits) {}

  /**
   * Features of pictures of any size, which run in batches.
   *
   * @return D numbers a picture, in their order
   * @throws InvalidInputException if the model has no preprocessing
   */
  public List<float[]> of(List<Picture> pictures) {
    List<float[]> all = new ArrayList<>();
    for (int from = 0; from < pictures.size(); from += Predictor.LARGEST_BATCH) {
      int count = Math.min(Predictor.LARGEST_BATCH, pictures.size() - from);
      List<Picture> some = pictures.subList(from, from + count);
      all.addAll(rows(see(predictor.inputs(some, Views.CENTRE), count), Views.CENTRE));
    }
    return all;
  }

  /**
   * What is {@link #see seen}, as the mean over the views of each picture.
   *
   * @return D numbers a picture, in their order
   */
  public List<float[]> rows(Seen seen, Views views) {
    List<float[]> all = new ArrayList<>();
    int each = views.count() * size;
    for (int at = 0; at < seen.features().length; at += each) {
      float[] mean = new float[size];
      for (int i = 0; i < each; i++) {
        mean[i % size] += seen.features()[at + i] / views.count();
      }
      all.add(mean);
    }
    return all;
  }

  /**
   * Features and logits of normalised inputs.
   *
   * @param images [count,C,H,W] from the buffer's position on, which stays as it is; of {@link
   *     Predictor#inputs}
   * @param count how many
   * @throws InvalidInputException if the buffer holds fewer pictures or there is too little memory
   * @throws IllegalStateException if the predictor is closed
   */
  public Seen see(FloatBuffer images, int count) {
    int classes = predictor.spec().classes();
    float[] features = new float[Math.multiplyExact(Math.max(0, count), size)];
    float[] logits = new float[Math.multiplyExact(Math.max(0, count), classes)];
    predictor.inBatches(
        images,
        count,
        (some, from, batch) -> {
          Seen seen =
              predictor.with("features of " + batch, () -> program(batch), plan -> run(plan, some));
          System.arraycopy(seen.features, 0, features, from * size, batch * size);
          System.arraycopy(seen.logits, 0, logits, from * classes, batch * classes);
        });
    return new Seen(features, logits);
  }

  /** Takes the features of a picture. */
  @FunctionalInterface
  public interface Taker {
    /**
     * Hears of a picture.
     *
     * @param index of the picture
     * @param features D numbers
     */
    void take(int index, float[] features);
  }

  /**
   * Features of every picture of a data set, in its order; it need not have the network's classes.
   *
   * @param with how its pictures are normalised
   * @param batch pictures that are read at once
   * @throws InvalidInputException if its pictures are of another size than the network takes, or
   *     one cannot be read
   */
  public void each(Dataset data, Preprocessing with, int batch, Taker taker) {
    predictor.requireFits(with);
    with.check(data);
    Loader.Options options =
        Loader.Options.evaluation(Math.min(Math.max(1, batch), data.size()), with.normalisation());
    int done = 0;
    try (Loader loader = new Loader(data, options)) {
      for (Batch some : loader.epoch(0)) {
        for (float[] row : rows(see(some.images(), some.size()), Views.CENTRE)) {
          taker.take(done++, row);
        }
      }
    }
  }

  private Program program(int batch) {
    Graph graph = predictor.graph(batch);
    return Program.inference(graph, predictor.precision()).observing(Set.of(features(graph)));
  }

  private static Seen run(Executable plan, FloatBuffer images) {
    Value observed = plan.plan().observed().iterator().next();
    float scale = scale(plan.plan().graph(), observed);
    plan.feed(ModelSpec.IMAGES, images);
    plan.run(0, 0);
    float[] features = plan.fetch(observed).toFloats();
    for (int i = 0; scale != 1 && i < features.length; i++) {
      features[i] *= scale;
    }
    return new Seen(features, plan.fetch(ModelSpec.LOGITS).toFloats());
  }

  /** What a code stands for where the head reads 8-bit codes, else 1. */
  private static float scale(Graph graph, Value features) {
    return graph.readers().getOrDefault(features, List.of()).stream()
        .filter(node -> node.op() instanceof Op.QuantisedLinear)
        .map(node -> ((Op.QuantisedLinear) node.op()).x().scale())
        .findFirst()
        .orElse(1f);
  }

  /** What the head reads; a dropout before it is nothing when predicting. */
  private static Value features(Graph graph) {
    Value features = head(graph).input(0);
    while (graph.producer(features).op() instanceof Op.Dropout) {
      features = graph.producer(features).input(0);
    }
    return features;
  }

  private static Node head(Graph graph) {
    Node last = graph.producer(graph.output(ModelSpec.LOGITS));
    if (last.op() instanceof Op.Linear || last.op() instanceof Op.QuantisedLinear) {
      return last;
    }
    throw new InvalidInputException(
        "features: the logits are made by '"
            + last.path()
            + "', which is no affine map, so that it is not known what comes before the head");
  }
}
