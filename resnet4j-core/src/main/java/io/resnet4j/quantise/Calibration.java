package io.resnet4j.quantise;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Scaling;
import io.resnet4j.graph.Value;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.Quantisation;
import io.resnet4j.plan.Quantiser;
import io.resnet4j.tensor.DType;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Watches what the activations of a network hold over pictures, in single precision. Whoever opens
 * one closes it.
 */
public final class Calibration implements AutoCloseable {
  private final Model model;
  private final Session session;
  private final Graph fused;
  private final Map<String, Histogram> histograms = new LinkedHashMap<>();
  private final Map<Integer, Executable> plans = new HashMap<>();
  private int pictures;

  private Calibration(Model model, Session session) {
    this.model = model;
    this.session = session;
    this.fused = Quantiser.fused(model.spec().graph(1));
    Quantiser.candidates(fused).forEach(v -> histograms.put(v.name(), new Histogram()));
  }

  /**
   * Prepares a network.
   *
   * @throws InvalidInputException if none of its layers can be quantised, or memory does not
   *     suffice
   */
  public static Calibration of(Model model, Backend backend) {
    Calibration calibration = new Calibration(model, backend.open());
    try {
      if (Quantiser.layers(calibration.fused).isEmpty()) {
        throw new InvalidInputException(
            "model " + model.spec().name() + ": has no layer that can be quantised");
      }
      calibration.plan(1);
      model.state().forEach((path, t) -> calibration.session.write(Program.MODEL, path, t));
      return calibration;
    } catch (RuntimeException | Error e) {
      calibration.close();
      throw e;
    }
  }

  private Executable plan(int batch) {
    return plans.computeIfAbsent(
        batch,
        n -> {
          Graph graph = Quantiser.fused(model.spec().graph(n));
          Set<Value> watched = new LinkedHashSet<>(Quantiser.candidates(graph));
          return session.prepare(
              Planner.plan(Program.inference(graph, Precision.F32).observing(watched)));
        });
  }

  /**
   * Watches a batch.
   *
   * @param images normalised pictures [count,C,H,W] from the buffer's position on
   * @param count how many
   * @throws InvalidInputException if a picture is of one colour, or holds what is no finite number
   */
  public void add(FloatBuffer images, int count) {
    ModelSpec spec = model.spec();
    int each = spec.channels() * spec.height() * spec.width();
    for (int i = 0; i < count; i++) {
      check(images, images.position() + i * each, spec, pictures + i);
    }
    Executable plan = plan(count);
    plan.feed(ModelSpec.IMAGES, images);
    plan.run(0, 0);
    for (Value value : plan.plan().observed()) {
      Histogram histogram = histograms.get(value.name());
      histogram.add(plan.fetch(value).toFloats());
    }
    pictures += count;
  }

  private static void check(FloatBuffer images, int at, ModelSpec spec, int picture) {
    int plane = spec.height() * spec.width();
    boolean constant = plane > 1;
    for (int c = 0; c < spec.channels(); c++) {
      float first = images.get(at + c * plane);
      for (int i = at + c * plane; i < at + (c + 1) * plane; i++) {
        float value = images.get(i);
        if (!Float.isFinite(value)) {
          throw new InvalidInputException(
              "calibration: picture "
                  + picture
                  + " holds "
                  + value
                  + "; expected finite numbers, leave it out");
        }
        constant &= value == first;
      }
    }
    if (constant) {
      throw new InvalidInputException(
          "calibration: picture "
              + picture
              + " is of one colour and tells nothing of what the network will see; leave it out");
    }
  }

  /** Pictures watched so far. */
  public int pictures() {
    return pictures;
  }

  /** Paths of the layers that can be quantised, in the network's order. */
  public List<String> layers() {
    return Quantiser.layers(fused).stream().map(Node::path).toList();
  }

  /**
   * All layers quantised, and scalings for all activations.
   *
   * @throws InvalidInputException if nothing was watched, or activations were not finite
   */
  public Quantisation quantisation(Method method) {
    if (pictures == 0) {
      throw new InvalidInputException("calibration: no pictures; give at least one");
    }
    Map<String, Scaling> scalings = new LinkedHashMap<>();
    for (Value value : Quantiser.candidates(fused)) {
      Histogram histogram = histograms.get(value.name());
      boolean unsigned = Quantiser.neverNegative(fused, value) && !histogram.negative();
      DType type = unsigned ? DType.U8 : DType.S8;
      // What was always zero needs some scaling; any keeps it zero.
      double limit = histogram.empty() ? 1 : histogram.limit(method, type);
      if (!Double.isFinite(limit)) {
        throw new InvalidInputException(
            "calibration: "
                + value.name()
                + " reached "
                + limit
                + "; the network's weights are damaged");
      }
      scalings.put(value.name(), Scaling.upTo(type, Math.max(limit, 1e-30)));
    }
    return new Quantisation(new LinkedHashSet<>(layers()), scalings);
  }

  @Override
  public void close() {
    session.close();
  }
}
