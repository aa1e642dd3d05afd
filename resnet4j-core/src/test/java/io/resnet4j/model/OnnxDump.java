package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Start;
import io.resnet4j.infer.Predictor;
import io.resnet4j.interop.Onnx;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Usage: SIDE FOLDER NETWORK...: writes into FOLDER/NETWORK for each network, with random weights
 * and running statistics, for pictures of SIDE x SIDE + 32 pixels where its own are larger, {@code
 * no-fold.onnx}, {@code fold.onnx}, and {@code run.safetensors}, what oneDNN in f32 makes of a
 * batch of 1 and one of 7.
 */
public final class OnnxDump {
  private static final long SEED = 1512;

  private OnnxDump() {}

  /** See the class. */
  public static void main(String[] arguments) throws IOException {
    int side = Integer.parseInt(arguments[0]);
    for (String network : List.of(arguments).subList(2, arguments.length)) {
      Path folder = Files.createDirectories(Path.of(arguments[1], network));
      ModelSpec named = Models.named(network);
      dump(named.height() > side ? smaller(named, side) : named, folder);
    }
  }

  private static void dump(ModelSpec spec, Path folder) {
    Graph graph = spec.graph(2);
    Model model = Model.of(spec, state(graph), Map.of());
    Map<String, Tensor> run = run(model);
    if (!tells(run.get("logits7"))) {
      model = Model.of(spec, remembering(graph), Map.of());
      run = run(model);
    }
    for (boolean fold : new boolean[] {false, true}) {
      Path file = folder.resolve(fold ? "fold.onnx" : "no-fold.onnx");
      OnnxModels.write(model, file, new Onnx.Options(fold, Onnx.LAST_OPSET));
    }
    new Safetensors(run, Map.of()).write(folder.resolve("run.safetensors"));
  }

  private static Map<String, Tensor> run(Model model) {
    ModelSpec spec = model.spec();
    Map<String, Tensor> run = new LinkedHashMap<>();
    try (Predictor predictor = Predictor.open(model, Precision.F32)) {
      for (int batch : new int[] {1, 7}) {
        FloatBuffer pictures = ManyOps.pictures(spec, batch, SEED + batch);
        float[] logits = predictor.logits(pictures, batch);
        Shape shape = Shape.of(batch, spec.channels(), spec.height(), spec.width());
        run.put("images" + batch, Tensor.ofFloats(shape, pictures.array()));
        run.put("logits" + batch, Tensor.ofFloats(Shape.of(batch, spec.classes()), logits));
      }
    }
    return run;
  }

  /** Whether logits are finite and those of two pictures differ by a hundredth. */
  private static boolean tells(Tensor logits) {
    float[] values = logits.toFloats();
    int classes = logits.shape().dim(1);
    double apart = 0;
    double all = 0;
    for (int i = 0; i < classes; i++) {
      apart += Math.pow(values[i] - values[i + classes], 2);
      all += Math.pow(values[i], 2);
    }
    return apart > 1e-4 * all; // not where either is not a number
  }

  /** Not square, so that exchanged axes show; as it was where its head fixes the size. */
  private static ModelSpec smaller(ModelSpec named, int side) {
    ModelSpec spec = named.withInput(named.channels(), side, side + 32);
    try {
      spec.graph(1);
      return spec;
    } catch (InvalidInputException e) {
      return named;
    }
  }

  /**
   * Branches end in small scales, so that a thousand of them still add up to finite numbers; means
   * and shifts are small, so that pictures still differ after a hundred plain layers.
   */
  private static Map<String, Tensor> state(Graph graph) {
    Map<String, Tensor> state = new LinkedHashMap<>(ManyOps.state(graph, SEED));
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Parameter p
          && p.start() instanceof Start.Constant start
          && Math.abs(start.value()) > 1) {
        // A gate that starts nearly closed; half open ones forget the pictures.
        change(state, node.path(), 1, start.value());
      }
      if (node.op() instanceof Op.BatchNorm) {
        change(state, node.input(2).name(), 0.1, 0);
        change(state, node.input(3).name(), 0.1, 0);
      }
      if (node.op() instanceof Op.Conv2d && state.containsKey(node.input(1).name())) {
        change(state, node.input(1).name(), Math.sqrt(2), 0); // what ReLU takes away
      } else if (node.op() instanceof Op.Add
          && graph.producer(node.input(0)).op() instanceof Op.BatchNorm) {
        change(state, graph.producer(node.input(0)).input(1).name(), 0.1, 0);
      }
    }
    return state;
  }

  /**
   * For networks in which {@link #state} loses the pictures on the way, or its numbers grow without
   * end: convolutions that nearly are the identity where they can be, and batch norms that nearly
   * do nothing.
   */
  private static Map<String, Tensor> remembering(Graph graph) {
    Map<String, Tensor> state = new LinkedHashMap<>(ManyOps.state(graph, SEED));
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.BatchNorm) {
        change(state, node.input(1).name(), 0.01, 0.99);
        change(state, node.input(2).name(), 0.01, 0);
        change(state, node.input(3).name(), 0.01, 0);
        change(state, node.input(4).name(), 0.01, 0.99);
      } else if (node.op() instanceof Op.Conv2d) {
        Shape shape = node.input(1).shape();
        boolean same = shape.dim(0) == shape.dim(1) && shape.dim(2) > 1;
        change(state, node.input(1).name(), same ? 0.01 : Math.sqrt(2), 0);
        if (same) {
          addIdentity(state, node.input(1).name());
        }
      } else if (node.op() instanceof Op.Add
          && graph.producer(node.input(0)).op() instanceof Op.Conv2d) {
        change(state, graph.producer(node.input(0)).input(1).name(), 0.1, 0);
      }
    }
    return state;
  }

  private static void addIdentity(Map<String, Tensor> state, String name) {
    Tensor weight = state.get(name);
    int taps = weight.shape().dim(2) * weight.shape().dim(3);
    float[] values = weight.toFloats();
    for (int o = 0; o < weight.shape().dim(0); o++) {
      values[(o * weight.shape().dim(1) + o) * taps + taps / 2] += 1;
    }
    state.put(name, Tensor.ofFloats(weight.shape(), values));
  }

  private static void change(Map<String, Tensor> state, String name, double factor, double addend) {
    float[] values = state.get(name).toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (factor * values[i] + addend);
    }
    state.put(name, Tensor.ofFloats(state.get(name).shape(), values));
  }
}
