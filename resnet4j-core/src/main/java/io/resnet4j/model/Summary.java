package io.resnet4j.model;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A network layer by layer, for a batch of one.
 *
 * @param name of the network
 * @param rows in execution order
 * @param totals of the rows
 */
public record Summary(String name, List<Row> rows, Counts totals) {
  /** Copies the list. */
  public Summary {
    rows = List.copyOf(rows);
  }

  /**
   * One layer.
   *
   * @param path of the layer
   * @param operation what it does, such as {@code conv 3x3/2 pad 1}
   * @param output shape of its result, batch 1
   * @param parameters trained numbers of its own
   * @param macs multiply-adds a picture
   */
  public record Row(String path, String operation, Shape output, long parameters, long macs) {}

  /** The layers of {@code spec}. */
  public static Summary of(ModelSpec spec) {
    Graph graph = spec.graph(1);
    List<Row> rows = new ArrayList<>();
    for (Node node : graph.nodes()) {
      if (isState(node)) {
        continue;
      }
      long parameters = 0;
      for (Value input : node.inputs()) {
        if (graph.producer(input).op() instanceof Op.Parameter p) {
          parameters += p.shape().elements();
        }
      }
      Shape shape = node.output().shape();
      rows.add(new Row(node.path(), operation(node), shape, parameters, Counts.macs(node)));
    }
    return new Summary(spec.name(), rows, Counts.of(graph));
  }

  static boolean isState(Node node) {
    return node.op() instanceof Op.Parameter || node.op() instanceof Op.Buffer;
  }

  /** Words for an operation. */
  static String operation(Node node) {
    Op op = node.op();
    if (op instanceof Op.Conv2d conv) {
      return "conv " + conv.window() + (conv.groups() > 1 ? " groups " + conv.groups() : "");
    } else if (op instanceof Op.Activate act) {
      return act.activation().name().toLowerCase(java.util.Locale.ROOT);
    } else if (op instanceof Op.PadShortcut pad) {
      String stride = pad.stride() == 1 ? "" : "subsample " + pad.stride() + ", ";
      return stride + "zero channels " + pad.before() + "+" + pad.after();
    } else if (op instanceof Op.MaxPool pool) {
      return "max pool " + pool.window();
    } else if (op instanceof Op.AveragePool pool) {
      return "average pool " + pool.window();
    } else if (op instanceof Op.BatchNorm) {
      return "batch norm";
    } else if (op instanceof Op.GlobalAveragePool) {
      return "global average pool";
    } else if (op instanceof Op.Dropout dropout) {
      return "dropout " + dropout.probability();
    } else if (op instanceof Op.Reshape) {
      return "flatten";
    }
    return op.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }
}
