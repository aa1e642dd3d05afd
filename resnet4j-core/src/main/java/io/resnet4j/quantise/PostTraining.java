package io.resnet4j.quantise;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.data.Batch;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.infer.Evaluation;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.model.TrainedModel;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Quantisation;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Quantises a trained network: watches its activations over calibration pictures, measures on
 * others what each layer costs, and leaves layers as they are where accuracy asks for it.
 */
public final class PostTraining {
  /** Accuracy that a network may lose before further layers are kept. */
  private static final double TOLERATED = 0.005;

  /** Accuracy that one kept layer must be worth. */
  private static final double WORTH = 0.001;

  private static final int CALIBRATION_BATCH = 8;
  private static final int MOST_KEPT = 4;

  /** Multiply-adds that measuring layer by layer may take. */
  private static final double MEASURING_WORK = 2e12;

  private final Model model;
  private final Backend backend;
  private final Preprocessing preprocessing;
  private final Dataset held;

  /**
   * @param preprocessing how pictures become input
   * @param held pictures that choices are measured on; none of those that calibrate
   */
  public PostTraining(Model model, Backend backend, Preprocessing preprocessing, Dataset held) {
    preprocessing.check(held);
    this.model = model;
    this.backend = backend;
    this.preprocessing = preprocessing;
    this.held = held;
  }

  /** Which layers stay in single precision. */
  public enum Keep {
    /** None. */
    NONE,
    /** The first. */
    FIRST,
    /** The last. */
    LAST,
    /** Both. */
    FIRST_AND_LAST,
    /**
     * First and last if that is worth a tenth of a point of accuracy each, and then the most
     * damaging ones while accuracy is more than half a point below that of single precision.
     */
    AUTO
  }

  /**
   * What one layer costs: the network with this layer quantised and no other.
   *
   * @param path of the layer
   * @param noise squared distance of the logits from those of single precision, over the squared
   *     length of those, their mean taken off
   * @param changed share of pictures whose likeliest class is another
   */
  public record Damage(String path, double noise, double changed) {}

  /**
   * The outcome.
   *
   * @param model the quantised network
   * @param kept layers that could be quantised and were not
   * @param damage of each layer that can be quantised, the most damaging first
   * @param measured pictures that damage was measured on
   * @param heldFloat accuracy in single precision on the held pictures
   * @param heldQuantised accuracy of the quantised network on them
   */
  public record Outcome(
      QuantisedModel model,
      List<String> kept,
      List<Damage> damage,
      int measured,
      Evaluation heldFloat,
      Evaluation heldQuantised) {
    /** Copies the lists. */
    public Outcome {
      kept = List.copyOf(kept);
      damage = List.copyOf(damage);
    }
  }

  /** Scalings from pictures, all layers that can be quantised. */
  public Quantisation calibrate(Dataset pictures, Method method) {
    preprocessing.check(pictures);
    Loader.Options options =
        Loader.Options.evaluation(
            Math.min(CALIBRATION_BATCH, pictures.size()), preprocessing.normalisation());
    try (Calibration calibration = Calibration.of(model, backend);
        Loader loader = new Loader(pictures, options)) {
      for (Batch batch : loader.epoch(0)) {
        calibration.add(batch.images(), batch.size());
      }
      return calibration.quantisation(method);
    }
  }

  /** Quantises by these scalings. */
  public Outcome run(Quantisation all, Keep keep) {
    List<String> layers = List.copyOf(all.layers());
    Evaluation single = evaluate(model, Precision.F32);
    int pictures = measured(layers.size());
    List<Damage> damage = damage(all, pictures);
    List<String> kept = new ArrayList<>();
    Evaluation reached = null;
    QuantisedModel best = null;
    for (Set<String> candidate : candidates(layers, keep)) {
      QuantisedModel tried = without(all, candidate);
      Evaluation accuracy = evaluate(tried, Precision.INT8);
      boolean better =
          reached == null
              || accuracy.top1() >= reached.top1() + WORTH * (candidate.size() - kept.size());
      if (better) {
        reached = accuracy;
        best = tried;
        kept = new ArrayList<>(candidate);
      }
    }
    if (keep == Keep.AUTO) {
      // One layer at least is quantised.
      int most = Math.min(MOST_KEPT, layers.size() - 1);
      for (Damage worst : damage) {
        if (reached.top1() >= single.top1() - TOLERATED || kept.size() >= most) {
          break;
        }
        if (!kept.contains(worst.path())) {
          kept.add(worst.path());
          best = without(all, new LinkedHashSet<>(kept));
          reached = evaluate(best, Precision.INT8);
        }
      }
    }
    return new Outcome(best, kept, damage, pictures, single, reached);
  }

  private static List<Set<String>> candidates(List<String> layers, Keep keep) {
    String first = layers.get(0);
    String last = layers.get(layers.size() - 1);
    if (keep != Keep.NONE && layers.size() < 3) {
      throw new InvalidInputException(
          "keep: the network has only the layers " + layers + " to quantise; keep none");
    }
    // In the network's order, which a report shows.
    Set<String> both = new LinkedHashSet<>(List.of(first, last));
    return switch (keep) {
      case NONE -> List.of(Set.of());
      case FIRST -> List.of(Set.of(first));
      case LAST -> List.of(Set.of(last));
      case FIRST_AND_LAST -> List.of(both);
      case AUTO -> List.of(Set.of(), Set.of(first), Set.of(last), both);
    };
  }

  private QuantisedModel without(Quantisation all, Set<String> kept) {
    Set<String> layers = new LinkedHashSet<>(all.layers());
    layers.removeAll(kept);
    return QuantisedModel.of(model, all.of(layers));
  }

  /** Accuracy on the held pictures. */
  private Evaluation evaluate(TrainedModel of, Precision precision) {
    return evaluate(of, precision, held);
  }

  /** Accuracy of a network, this one or what was made of it, on pictures. */
  public Evaluation evaluate(TrainedModel of, Precision precision, Dataset pictures) {
    try (Predictor predictor = Predictor.open(of, precision, backend)) {
      return predictor.evaluate(pictures, preprocessing, Predictor.LARGEST_BATCH);
    }
  }

  // ---- layer by layer ----

  private int measured(int layers) {
    double each = (double) model.spec().counts().macs() * layers;
    return (int) Math.max(16, Math.min(Math.min(512, MEASURING_WORK / each), held.size()));
  }

  private List<Damage> damage(Quantisation all, int count) {
    int pictures = Math.min(count, held.size());
    int[] first = new int[pictures];
    Arrays.setAll(first, i -> i);
    Loader.Options options = Loader.Options.evaluation(pictures, preprocessing.normalisation());
    FloatBuffer images;
    try (Loader loader = new Loader(held.subset(first), options)) {
      FloatBuffer given = loader.epoch(0).next().images();
      images = FloatBuffer.allocate(given.remaining()).put(given).flip();
    }
    float[] single = logits(model, Precision.F32, images, pictures);
    List<Damage> damage = new ArrayList<>();
    for (String layer : all.layers()) {
      QuantisedModel one = QuantisedModel.of(model, all.of(Set.of(layer)));
      float[] logits = logits(one, Precision.INT8, images, pictures);
      damage.add(compare(layer, single, logits, pictures));
    }
    damage.sort(Comparator.comparingDouble(Damage::noise).reversed().thenComparing(Damage::path));
    return damage;
  }

  private float[] logits(TrainedModel of, Precision precision, FloatBuffer images, int count) {
    try (Predictor predictor = Predictor.open(of, precision, backend)) {
      return predictor.logits(images, count);
    }
  }

  private static Damage compare(String layer, float[] single, float[] logits, int rows) {
    int classes = single.length / rows;
    double distance = 0;
    double length = 0;
    int changed = 0;
    for (int row = 0; row < rows; row++) {
      double mean = 0;
      int before = row * classes;
      int after = before;
      for (int i = row * classes; i < (row + 1) * classes; i++) {
        mean += single[i] / (double) classes;
        before = single[i] > single[before] ? i : before;
        after = logits[i] > logits[after] ? i : after;
      }
      changed += before == after ? 0 : 1;
      for (int i = row * classes; i < (row + 1) * classes; i++) {
        distance += Math.pow(logits[i] - single[i], 2);
        length += Math.pow(single[i] - mean, 2);
      }
    }
    return new Damage(layer, distance / Math.max(length, 1e-30), changed / (double) rows);
  }
}
