package io.resnet4j.golden;

import io.resnet4j.backend.Backends;
import io.resnet4j.graph.Activation;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Writes a network's results in full, as tools/reference/dump_live.py does from PyTorch, so that
 * compare_full.py can hold one against the other. Arguments: network, backend, precision, relu or
 * silu, ten-step changes (0 or 10), seed, file.
 */
final class LiveDump {
  private LiveDump() {}

  /** Writes the file that the last argument names. */
  public static void main(String[] arguments) {
    ResNetSpec named = Models.resnet(arguments[0]);
    ResNetSpec spec =
        (named.height() > 32 ? named.withInput(3, 64, 64) : named)
            .withActivation(Activation.valueOf(arguments[3].toUpperCase(java.util.Locale.ROOT)));
    NetworkRun run =
        new NetworkRun(
            Backends.named(arguments[1]),
            spec,
            Precision.named(arguments[2]),
            8,
            Long.parseLong(arguments[5]));
    Map<String, double[]> results = new LinkedHashMap<>(run.training());
    results.putAll(run.evaluation());
    int steps = Integer.parseInt(arguments[4]);
    if (steps > 0) {
      results.putAll(run.change(steps, lastScales(spec)));
    }
    Map<String, Shape> shapes = spec.stateShapes();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    results.forEach(
        (name, v) -> tensors.put(name, Tensor.ofDoubles(shape(name, v, shapes, spec), v)));
    new Safetensors(tensors, Map.of("network", spec.name())).write(Path.of(arguments[6]));
  }

  /** The scales that start at zero for the ten steps: those that end a bottleneck. */
  private static Set<String> lastScales(ResNetSpec spec) {
    Set<String> scales = new TreeSet<>();
    for (String path : spec.stateShapes().keySet()) {
      if (path.endsWith(".bn3.weight")) {
        scales.add(path);
      }
    }
    return scales;
  }

  private static Shape shape(
      String name, double[] values, Map<String, Shape> shapes, ResNetSpec spec) {
    if (name.equals("grad.input")) {
      return Shape.of(8, spec.channels(), spec.height(), spec.width());
    }
    if (name.endsWith("logits")) {
      return Shape.of(8, spec.classes());
    }
    Shape known = shapes.get(name.substring(name.indexOf('.') + 1));
    return known == null ? Shape.of(values.length) : known;
  }
}
