package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A block of a network as it is found in the graph: the nodes under one path such as {@code
 * layer1.0}.
 *
 * @param path of the block
 * @param input what enters it
 * @param output what leaves it
 * @param fork where shortcut and branch part; none in a plain network, and none in a reversible
 *     one, whose shortcut and branch read different halves
 */
record Block(String path, Value input, Value output, Optional<Fork> fork) {
  private static final Pattern PATH = Pattern.compile("^(layer\\d+\\.\\d+)\\..*");

  /**
   * Where shortcut and branch part and meet again.
   *
   * @param at what both read: the block's input, or in a pre-activated block that changes the shape
   *     what its first norm and activation make of it
   * @param branch what the branch adds
   * @param shortcut what the shortcut adds
   */
  record Fork(Value at, Value branch, Value shortcut) {}

  /** The blocks of a network in order; none in one that is not made of blocks. */
  static List<Block> of(Graph graph) {
    Map<String, List<Node>> members = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      Matcher matcher = PATH.matcher(node.path());
      if (matcher.matches() && !isState(node)) {
        members.computeIfAbsent(matcher.group(1), p -> new ArrayList<>()).add(node);
      }
    }
    List<Block> blocks = new ArrayList<>();
    members.forEach((path, nodes) -> blocks.add(block(graph, path, nodes)));
    return blocks;
  }

  /**
   * The blocks of a network that must have some.
   *
   * @throws InvalidInputException if it has none
   */
  static List<Block> required(Graph graph, String network) {
    List<Block> blocks = of(graph);
    if (blocks.isEmpty()) {
      throw new InvalidInputException(
          network
              + ": has no blocks (nodes under paths such as layer1.0); give a residual network or"
              + " its plain twin, such as resnet56 or plain56");
    }
    return blocks;
  }

  private static Block block(Graph graph, String path, List<Node> nodes) {
    String under = path + ".";
    Value input =
        nodes.stream()
            .map(node -> node.input(0))
            .filter(value -> !graph.producer(value).path().startsWith(under))
            .filter(value -> !isState(graph.producer(value)))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(path + ": nothing enters it"));
    Optional<Fork> fork =
        graph
            .find(path + ".add")
            .filter(node -> node.op() instanceof Op.Add)
            .map(add -> new Fork(fork(graph, path, add.input(1)), add.input(0), add.input(1)));
    return new Block(path, input, nodes.get(nodes.size() - 1).output(), fork);
  }

  /** Back along the shortcut to where it starts. */
  private static Value fork(Graph graph, String path, Value end) {
    Value value = end;
    while (onShortcut(path, graph.producer(value).path())) {
      value = graph.producer(value).input(0);
    }
    return value;
  }

  /** Whether a node of a block belongs to its shortcut; a gate does, whose complement it scales. */
  static boolean onShortcut(String block, String node) {
    return node.startsWith(block + ".downsample")
        || node.startsWith(block + ".shortcut")
        || node.startsWith(block + ".gate");
  }

  static boolean isState(Node node) {
    return node.op() instanceof Op.Parameter || node.op() instanceof Op.Buffer;
  }
}
