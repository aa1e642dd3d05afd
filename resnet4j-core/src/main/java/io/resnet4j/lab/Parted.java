package io.resnet4j.lab;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph in which shortcut and branch of every block read a copy of their own of what they part
 * from. Nothing that it computes changes, but the gradients by the two copies are what comes back
 * through the shortcut and through the branch: the 1 and the dF/dx of dH/dx = 1 + dF/dx.
 *
 * @param graph with the copies
 * @param copies by the path of the block
 */
record Parted(Graph graph, Map<String, Copies> copies) {
  /**
   * The copies of one block.
   *
   * @param shortcut the one that the shortcut reads
   * @param branch the one that the branch reads
   */
  record Copies(Value shortcut, Value branch) {}

  /** {@code graph} with copies for these of its blocks; those without a fork stay as they are. */
  static Parted of(Graph graph, List<Block> blocks) {
    Map<String, Copies> copies = new LinkedHashMap<>();
    Map<Value, List<Node>> inserted = new LinkedHashMap<>();
    int[] id = {graph.nextId()};
    for (Block block : blocks) {
      block
          .fork()
          .ifPresent(
              fork -> {
                Node shortcut = copy(block.path() + ".probe.shortcut", fork.at(), id[0]++);
                Node branch = copy(block.path() + ".probe.branch", fork.at(), id[0]++);
                copies.put(block.path(), new Copies(shortcut.output(), branch.output()));
                inserted
                    .computeIfAbsent(fork.at(), v -> new ArrayList<>())
                    .addAll(List.of(shortcut, branch));
              });
    }
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      nodes.add(rewired(node, blocks, copies));
      node.outputs().forEach(value -> nodes.addAll(inserted.getOrDefault(value, List.of())));
    }
    return new Parted(Graph.of(nodes, graph.outputs()), copies);
  }

  private static Node copy(String path, Value of, int id) {
    return new Node(
        path, new Op.Affine(1, 0), List.of(of), List.of(new Value(id, path, of.shape())));
  }

  private static Node rewired(Node node, List<Block> blocks, Map<String, Copies> copies) {
    for (Block block : blocks) {
      if (block.fork().isEmpty() || !node.path().startsWith(block.path() + ".")) {
        continue;
      }
      Value at = block.fork().get().at();
      if (!node.inputs().contains(at)) {
        return node;
      }
      Copies own = copies.get(block.path());
      boolean sum = node.path().equals(block.path() + ".add");
      Value instead =
          sum || Block.onShortcut(block.path(), node.path()) ? own.shortcut() : own.branch();
      List<Value> inputs =
          node.inputs().stream().map(value -> value.equals(at) ? instead : value).toList();
      return new Node(node.path(), node.op(), inputs, node.outputs());
    }
    return node;
  }
}
