package io.resnet4j.train;

import io.resnet4j.graph.Graph;
import io.resnet4j.graph.Node;
import io.resnet4j.graph.Op;
import io.resnet4j.graph.Value;
import io.resnet4j.plan.UpdateRule;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Parameters by what a recipe makes of them. */
final class ParameterGroups {
  private ParameterGroups() {}

  /** What a parameter's update depends on. */
  private record Kind(UpdateRule rule, double rate, boolean decays) {}

  /** The groups of a network; their learning rate is a multiple of the schedule's. */
  static List<UpdateRule.Group> of(Recipe recipe, Graph graph) {
    Set<Value> convolutions = new HashSet<>();
    Set<Value> normBiases = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (node.op() instanceof Op.Conv2d) {
        convolutions.add(node.input(1));
      } else if (node.op() instanceof Op.BatchNorm) {
        normBiases.add(node.input(2));
      }
    }
    Updating updating = recipe.updating();
    Transfer transfer = recipe.transfer();
    Stages stages = new Stages(graph);
    Map<Kind, Set<String>> members = new LinkedHashMap<>();
    for (Value parameter : graph.parameters()) {
      if (!moves(transfer, stages, parameter)) {
        continue;
      }
      boolean own = updating.companion() == null || convolutions.contains(parameter);
      UpdateRule rule = own ? recipe.optimiser() : updating.companion();
      double rate = own ? 1 : updating.companionRate();
      if (normBiases.contains(parameter)) {
        rate *= updating.normBiasRate();
      }
      rate *= StrictMath.pow(transfer.layerDecay(), stages.fromHead(parameter.name()));
      boolean decays = recipe.decayNormAndBias() || parameter.shape().rank() > 1;
      members
          .computeIfAbsent(new Kind(rule, rate, decays), k -> new TreeSet<>())
          .add(parameter.name());
    }
    return members.entrySet().stream()
        .map(
            entry -> {
              Kind kind = entry.getKey();
              return new UpdateRule.Group(
                  kind.rule(),
                  entry.getValue(),
                  kind.rate(),
                  kind.decays() ? recipe.weightDecay() : 0,
                  kind.decays() ? updating.l1() : 0);
            })
        .toList();
  }

  private static boolean moves(Transfer transfer, Stages stages, Value parameter) {
    return transfer.trained() == Transfer.Trained.ALL || stages.isHead(parameter.name());
  }

  /** The parameters that a recipe moves. */
  static List<Value> moving(Recipe recipe, Graph graph) {
    Stages stages = new Stages(graph);
    return graph.parameters().stream().filter(p -> moves(recipe.transfer(), stages, p)).toList();
  }

  /** The same at a learning rate of the schedule. */
  static List<UpdateRule.Group> at(List<UpdateRule.Group> groups, double rate) {
    return groups.stream().map(group -> group.at(rate * group.learningRate())).toList();
  }
}
