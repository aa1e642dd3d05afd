package io.resnet4j.plan;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Value;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is wanted of a graph; {@link Planner} turns it into a {@link Plan}.
 *
 * @param graph the network for one batch size
 * @param mode how batch norm and dropout behave
 * @param precision what numbers to compute with
 * @param loss the scalar to differentiate, if any
 * @param gradientsBy the values to differentiate by; parameters' gradients go to the session's
 *     gradient arena, all others are results
 * @param observed values of the graph that must exist after a run, in addition to its outputs
 * @param namespace whose state the parameters and buffers are, such as "model" or "ema"
 * @param memory what the gradients find kept
 */
public record Program(
    Graph graph,
    Mode mode,
    Precision precision,
    Optional<Value> loss,
    List<Value> gradientsBy,
    Set<Value> observed,
    String namespace,
    MemoryMode memory) {
  /** The namespace of the network that is trained. */
  public static final String MODEL = "model";

  /** Copies the collections. */
  public Program {
    gradientsBy = List.copyOf(gradientsBy);
    observed = Collections.unmodifiableSet(new LinkedHashSet<>(observed));
  }

  /** Forward only, running statistics, no dropout. */
  public static Program inference(Graph graph, Precision precision) {
    return new Program(
        graph,
        Mode.INFERENCE,
        precision,
        Optional.empty(),
        List.of(),
        Set.of(),
        MODEL,
        MemoryMode.KEEP);
  }

  /** Forward and backward from the output {@code loss} to every parameter. */
  public static Program training(Graph graph, String loss, Precision precision) {
    return new Program(
        graph,
        Mode.TRAINING,
        precision,
        Optional.of(graph.output(loss)),
        graph.parameters(),
        Set.of(),
        MODEL,
        MemoryMode.KEEP);
  }

  /** The same with batch norm and dropout in another mode. */
  public Program in(Mode newMode) {
    return new Program(graph, newMode, precision, loss, gradientsBy, observed, namespace, memory);
  }

  /** The same with these values observed. */
  public Program observing(Set<Value> values) {
    return new Program(graph, mode, precision, loss, gradientsBy, values, namespace, memory);
  }

  /** The same, differentiated by these values. */
  public Program by(List<Value> values) {
    return new Program(graph, mode, precision, loss, values, observed, namespace, memory);
  }

  /** The same over another namespace of the state. */
  public Program over(String newNamespace) {
    return new Program(graph, mode, precision, loss, gradientsBy, observed, newNamespace, memory);
  }

  /** The same keeping more or less of the forward pass. */
  public Program keeping(MemoryMode newMemory) {
    return new Program(graph, mode, precision, loss, gradientsBy, observed, namespace, newMemory);
  }
}
