package io.resnet4j.model;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

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
   * @param memory bytes of its result in f32
   */
  public record Row(
      String path, String operation, Shape output, long parameters, long macs, long memory) {}

  /**
   * A line of the tree: a layer, or a stage or block with the sums of all below it.
   *
   * @param depth how many groups it lies in
   * @param label its path within them
   * @param operation of a layer; empty for a group
   * @param output shape of its result; for a group that of its last layer
   * @param parameters trained numbers
   * @param macs multiply-adds a picture
   * @param memory bytes of results in f32
   */
  public record Line(
      int depth,
      String label,
      String operation,
      Shape output,
      long parameters,
      long macs,
      long memory) {}

  /**
   * The rows as a tree: a path that ends before a dot and is no layer of its own, such as {@code
   * layer1} or {@code layer1.0}, is a group.
   */
  public List<Line> tree() {
    Set<String> layers = rows.stream().map(Row::path).collect(Collectors.toSet());
    List<Line> lines = new ArrayList<>();
    Set<String> open = new LinkedHashSet<>();
    for (Row row : rows) {
      String label = row.path();
      int depth = 0;
      for (int dot = row.path().indexOf('.'); dot >= 0; dot = row.path().indexOf('.', dot + 1)) {
        String group = row.path().substring(0, dot);
        if (layers.contains(group)) {
          break;
        }
        if (open.add(group)) {
          lines.add(
              group(group, label.substring(0, label.length() - row.path().length() + dot), depth));
        }
        label = row.path().substring(dot + 1);
        depth++;
      }
      lines.add(
          new Line(
              depth,
              label,
              row.operation(),
              row.output(),
              row.parameters(),
              row.macs(),
              row.memory()));
    }
    return lines;
  }

  private Line group(String path, String label, int depth) {
    List<Row> inside = rows.stream().filter(r -> r.path().startsWith(path + ".")).toList();
    return new Line(
        depth,
        label,
        "",
        inside.get(inside.size() - 1).output(),
        inside.stream().mapToLong(Row::parameters).sum(),
        inside.stream().mapToLong(Row::macs).sum(),
        inside.stream().mapToLong(Row::memory).sum());
  }

  /** Bytes of all results in f32 for one picture: what training keeps, without recomputation. */
  public long memory() {
    return rows.stream().mapToLong(Row::memory).sum();
  }

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
      long memory = shape.elements() * Float.BYTES;
      rows.add(new Row(node.path(), operation(node), shape, parameters, Counts.macs(node), memory));
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
      return act.activation().name().toLowerCase(Locale.ROOT);
    } else if (op instanceof Op.PadShortcut pad) {
      String stride = pad.stride() == 1 ? "" : "subsample " + pad.stride() + ", ";
      return stride + "zero channels " + pad.before() + "+" + pad.after();
    } else if (op instanceof Op.MaxPool pool) {
      return "max pool " + pool.window();
    } else if (op instanceof Op.AveragePool pool) {
      return "average pool " + pool.window();
    } else if (op instanceof Op.BatchNorm) {
      return "batch norm";
    } else if (op instanceof Op.GroupNorm norm) {
      return "group norm, " + norm.groups() + " groups";
    } else if (op instanceof Op.GlobalAveragePool) {
      return "global average pool";
    } else if (op instanceof Op.Dropout dropout) {
      return (dropout.unit() == Op.Unit.ELEMENT ? "dropout " : "drop path ")
          + dropout.probability();
    } else if (op instanceof Op.DropBlock drop) {
      return "drop block " + drop.probability() + ", " + drop.size() + "x" + drop.size();
    } else if (op instanceof Op.Affine affine) {
      String addend = affine.addend() == 0 ? "" : " + " + affine.addend();
      return "times " + affine.factor() + addend;
    } else if (op instanceof Op.Slice slice) {
      return "channels " + slice.from() + " to " + slice.to();
    } else if (op instanceof Op.ReflectPad pad) {
      return "reflect pad " + pad.pad();
    } else if (op instanceof Op.Reshape) {
      return node.output().shape().rank() == 2 ? "flatten" : "reshape";
    }
    return op.getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }
}
