package io.resnet4j.golden;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What PyTorch computed for one network in float64, as digests: per tensor its norm, eight seeded
 * projections and 64 entries (the logits in full). tools/reference/digest.py specifies them,
 * make_goldens.py the file and runs.py the names: {@code loss}, {@code logits}, {@code
 * eval.logits}, {@code grad.PATH}, {@code grad.input}, {@code running.PATH}, {@code delta.PATH}.
 */
public final class Golden {
  private final JsonNode about;
  private final Map<String, Digest> tensors = new LinkedHashMap<>();

  Golden(JsonNode file) {
    about = file;
    file.get("tensors").properties().forEach(e -> tensors.put(e.getKey(), Digest.of(e.getValue())));
  }

  /**
   * The golden of a network.
   *
   * @param name such as {@code resnet20} or {@code resnet20-silu}
   */
  public static Golden load(String name) {
    return new Golden(GoldenFiles.read(name + ".json.gz"));
  }

  /** The seed of weights, input and digests. */
  public long seed() {
    return about.get("about").get("seed").longValue();
  }

  /** The network's name, such as {@code resnet20-b}. */
  public String network() {
    return about.get("network").textValue();
  }

  /** Whether SiLU stands for every ReLU. */
  public boolean smooth() {
    return about.get("activation").textValue().equals("silu");
  }

  /** PyTorch's own distances for seeds in a row, {@link #seed} first. */
  public double[] peerBySeed(String figure) {
    return GoldenFiles.doubles(about.get("peer").get(figure + "_by_seed"));
  }

  /**
   * The logits themselves for seeds in a row, {@link #seed} first.
   *
   * @param mode {@code logits} or {@code eval_logits}
   */
  public List<double[]> logitsBySeed(String mode) {
    List<double[]> seeds = new ArrayList<>();
    about.get("by_seed").get(mode).forEach(logits -> seeds.add(GoldenFiles.doubles(logits)));
    return seeds;
  }

  /** The shape of the input [N,C,H,W]. */
  public Shape input() {
    Shape chw = GoldenFiles.shape(about.get("input"));
    return Shape.of(about.get("batch").intValue(), chw.dim(0), chw.dim(1), chw.dim(2));
  }

  /** How many classes the head has. */
  public int classes() {
    return about.get("classes").intValue();
  }

  /** How many steps of SGD {@code delta.*} took. */
  public int deltaSteps() {
    return about.get("delta").get("steps").intValue();
  }

  /** Whether the last scale of each block started at zero for {@code delta.*}. */
  public boolean deltaZeroInit() {
    return about.get("delta").get("zero_init").booleanValue();
  }

  /**
   * PyTorch's own distance from these numbers.
   *
   * @param figure {@code f32} or {@code bf16}, then {@code _logits}, {@code _eval_logits} or {@code
   *     _gradients}
   */
  public double peer(String figure) {
    return about.get("peer").get(figure).doubleValue();
  }

  /** The names of all tensors. */
  public Set<String> tensors() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /** The shape of a tensor. */
  public Shape shape(String tensor) {
    return digest(tensor).shape();
  }

  /** The Euclidean norm of a tensor. */
  public double norm(String tensor) {
    return digest(tensor).norm();
  }

  /** All elements, where the golden holds them: loss, logits and tensors of up to 64 elements. */
  public Optional<double[]> values(String tensor) {
    Digest digest = digest(tensor);
    return digest.whole() ? Optional.of(digest.entries().clone()) : Optional.empty();
  }

  /**
   * How far {@code actual} is from the golden, relative to the golden's norm.
   *
   * @param actual all elements in row-major order
   */
  public Difference compare(String tensor, double[] actual) {
    return compare(tensor, actual, 0);
  }

  /**
   * The same, relative to the golden's norm or {@code floor}, whichever is larger.
   *
   * @param floor such as {@link #gradientFloor}
   */
  public Difference compare(String tensor, double[] actual, double floor) {
    return digest(tensor).compare(seed(), tensor, actual, floor);
  }

  /** The norm of the gradients of all parameters (not of the input) as one vector. */
  public double gradientNorm() {
    double squares = 0;
    for (Map.Entry<String, Digest> entry : tensors.entrySet()) {
      if (isParameterGradient(entry.getKey())) {
        squares += entry.getValue().norm() * entry.getValue().norm();
      }
    }
    return Math.sqrt(squares);
  }

  /** 1e-6 of {@link #gradientNorm}: smaller gradients are compared as if they had this norm. */
  public double gradientFloor() {
    return 1e-6 * gradientNorm();
  }

  /**
   * The relative error of the gradients of all parameters taken as one vector.
   *
   * @param gradients by the names of this golden, {@code grad.PATH}; further names are ignored
   * @throws IllegalArgumentException if one is missing
   */
  public double together(Map<String, double[]> gradients) {
    double squares = 0;
    for (String tensor : tensors.keySet()) {
      if (isParameterGradient(tensor)) {
        double[] actual = gradients.get(tensor);
        if (actual == null) {
          throw new IllegalArgumentException(tensor + ": missing");
        }
        double error = compare(tensor, actual).worst() * norm(tensor);
        squares += error * error;
      }
    }
    return Math.sqrt(squares) / gradientNorm();
  }

  private static boolean isParameterGradient(String tensor) {
    return tensor.startsWith("grad.") && !tensor.equals("grad.input");
  }

  private Digest digest(String tensor) {
    Digest digest = tensors.get(tensor);
    if (digest == null) {
      throw new IllegalArgumentException(tensor + ": not in the golden of " + network());
    }
    return digest;
  }

  /**
   * Relative errors of one tensor; NaN where the tensor holds one.
   *
   * @param tensor its name
   * @param entries root mean square over the 64 entries, scaled to all elements; exact where the
   *     golden holds all
   * @param norm difference of the norms
   * @param projections estimated from the eight projections, right to within a factor of about two
   */
  public record Difference(String tensor, double entries, double norm, double projections) {
    /** The largest of the three. */
    public double worst() {
      return Math.max(entries, Math.max(norm, projections));
    }
  }

  private record Digest(
      Shape shape, double norm, double[] projections, double[] entries, boolean whole) {
    static Digest of(JsonNode node) {
      Shape shape = GoldenFiles.shape(node.get("shape"));
      double[] entries =
          GoldenFiles.doubles(node.has("values") ? node.get("values") : node.get("entries"));
      return new Digest(
          shape,
          node.get("norm").doubleValue(),
          GoldenFiles.doubles(node.get("projections")),
          entries,
          entries.length == shape.elements());
    }

    Difference compare(long seed, String tensor, double[] actual, double floor) {
      if (actual.length != shape.elements()) {
        throw new IllegalArgumentException(
            tensor + ": expected " + shape + ", got " + actual.length + " elements");
      }
      double scale = Math.max(norm, floor);
      return new Difference(
          tensor,
          relative(entryError(seed, tensor, actual), scale),
          relative(Math.abs(euclidean(actual) - norm), scale),
          relative(projectionError(seed, tensor, actual), scale));
    }

    private double entryError(long seed, String tensor, double[] actual) {
      KeyedRandom random = KeyedRandom.of(seed, "entries." + tensor);
      double squares = 0;
      for (int k = 0; k < entries.length; k++) {
        int at = whole ? k : (int) (random.uniformAt(k) * actual.length);
        squares += (actual[at] - entries[k]) * (actual[at] - entries[k]);
      }
      return Math.sqrt(squares * actual.length / entries.length);
    }

    private double projectionError(long seed, String tensor, double[] actual) {
      double squares = 0;
      for (int k = 0; k < projections.length; k++) {
        KeyedRandom random = KeyedRandom.of(seed, "projection." + k + "." + tensor);
        double dot = 0;
        for (int i = 0; i < actual.length; i++) {
          dot += actual[i] * (2 * random.uniformAt(i) - 1);
        }
        squares += (dot - projections[k]) * (dot - projections[k]);
      }
      // The vectors' entries have variance 1/3.
      return Math.sqrt(3 * squares / projections.length);
    }

    private static double euclidean(double[] values) {
      double squares = 0;
      for (double value : values) {
        squares += value * value;
      }
      return Math.sqrt(squares);
    }

    private static double relative(double error, double scale) {
      return error == 0 ? 0 : error / scale;
    }
  }
}
