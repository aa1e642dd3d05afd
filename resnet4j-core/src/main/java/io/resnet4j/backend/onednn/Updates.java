package io.resnet4j.backend.onednn;

import io.resnet4j.InvalidInputException;
import io.resnet4j.plan.UpdateRule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Update rules over the state, in its compute layout: element-wise work does not mind the order,
 * and padding, whose gradient is zero, stays zero and adds nothing to a norm. All groups of
 * element-wise rules are one {@link Sweep}; rules with norms take a second one.
 */
final class Updates {
  private final StateStore store;
  private final Orthogonaliser orthogonaliser;
  private final String namespace;
  private final double step;
  private final Sweep elementwise = new Sweep();

  private Updates(StateStore store, Orthogonaliser orthogonaliser, String namespace, long before) {
    this.store = store;
    this.orthogonaliser = orthogonaliser;
    this.namespace = namespace;
    this.step = before + 1.0;
  }

  /** Moves every group; all that this needs is reserved. */
  static void apply(
      StateStore store,
      Orthogonaliser orthogonaliser,
      String namespace,
      List<UpdateRule.Group> groups,
      long before) {
    Updates updates = new Updates(store, orthogonaliser, namespace, before);
    List<List<StateTensor>> members = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (UpdateRule.Group group : groups) {
      members.add(updates.members(group, seen));
    }
    for (int i = 0; i < groups.size(); i++) {
      if (!members.get(i).isEmpty()) {
        groups.get(i).rule().accept(updates.new Dispatch(groups.get(i), members.get(i)));
      }
    }
    updates.elementwise.run();
    store.followers().touch(namespace);
  }

  private List<StateTensor> members(UpdateRule.Group group, Set<String> seen) {
    List<StateTensor> members = new ArrayList<>();
    for (String path : group.paths()) {
      StateTensor tensor = store.find(namespace, path);
      if (!tensor.hasCompanion(StateStore.GRADIENT)) {
        throw new InvalidInputException(
            "update: " + path + " has no gradient; no plan of this session computes one");
      }
      if (!seen.add(path)) {
        throw new InvalidInputException(path + ": is in two groups; list it once");
      }
      members.add(tensor);
    }
    members.forEach(tensor -> group.rule().slots().forEach(tensor::useSlot));
    return members;
  }

  /** Neighbouring elements of a chunk. */
  private record Range(StateStore.Chunk chunk, int offset, int count) {
    static Range of(StateTensor tensor) {
      return new Range(tensor.chunk(), tensor.offset(), tensor.floats());
    }

    Sweep.Operand values(boolean written) {
      return new Sweep.Operand(chunk.values.floats(), offset, written);
    }

    Sweep.Operand companion(String name, boolean written) {
      return new Sweep.Operand(chunk.companions.get(name).floats(), offset, written);
    }

    /** The parameter, its gradient and the rule's slots. */
    List<Sweep.Operand> operands(UpdateRule rule, boolean weights, boolean slots) {
      List<Sweep.Operand> operands = new ArrayList<>();
      operands.add(values(weights));
      operands.add(companion(StateStore.GRADIENT, false));
      rule.slots().forEach(slot -> operands.add(companion(slot, slots)));
      return operands;
    }
  }

  /** Tensors as few ranges: neighbours touch, and what lies between them is padding. */
  private static List<Range> ranges(List<StateTensor> tensors) {
    List<Range> ranges = new ArrayList<>();
    List<StateTensor> ordered = new ArrayList<>(tensors);
    ordered.sort(
        Comparator.comparingInt((StateTensor t) -> t.chunk().index)
            .thenComparingInt(StateTensor::offset));
    for (StateTensor tensor : ordered) {
      Range next = Range.of(tensor);
      Range last = ranges.isEmpty() ? next : ranges.get(ranges.size() - 1);
      if (last != next
          && last.chunk() == next.chunk()
          && last.offset() + last.count() == next.offset()) {
        ranges.set(
            ranges.size() - 1, new Range(last.chunk(), last.offset(), last.count() + next.count()));
      } else {
        ranges.add(next);
      }
    }
    return ranges;
  }

  /** What each rule does with a group. */
  private final class Dispatch implements UpdateRule.Visitor<Void> {
    private final UpdateRule.Group group;
    private final List<StateTensor> tensors;
    private final float rate;

    Dispatch(UpdateRule.Group group, List<StateTensor> tensors) {
      this.group = group;
      this.tensors = tensors;
      this.rate = (float) group.learningRate();
    }

    private Void elementwise(Sweep.Kernel kernel) {
      for (Range range : ranges(tensors)) {
        elementwise.add(kernel, range.count(), range.operands(group.rule(), true, true));
      }
      return null;
    }

    private void descend(float[][] x, float[] v, int n, double momentum, boolean nesterov) {
      if (momentum == 0) {
        Kernels.addTo(x[0], -rate, x[1], n);
      } else {
        Kernels.descend(x[0], x[1], v, n, rate, (float) momentum, nesterov);
      }
    }

    @Override
    public Void visit(UpdateRule.Sgd rule) {
      return elementwise(
          (x, n, sums) -> {
            Kernels.penaliseGradient(x[0], x[1], n, group);
            descend(x, x[x.length - 1], n, rule.momentum(), rule.nesterov());
          });
    }

    private float correction1(double beta1) {
      return (float) (1 / (1 - Math.pow(beta1, step)));
    }

    private float root2(double beta2) {
      return (float) Math.sqrt(1 / (1 - Math.pow(beta2, step)));
    }

    @Override
    public Void visit(UpdateRule.Adam rule) {
      float corrected = (float) (group.learningRate() / (1 - Math.pow(rule.beta1(), step)));
      float root = root2(rule.beta2());
      return elementwise(
          (x, n, sums) -> {
            if (rule.decoupled()) {
              Kernels.penaliseWeight(x[0], n, group);
            } else {
              Kernels.penaliseGradient(x[0], x[1], n, group);
            }
            Kernels.moments(x[1], x[2], x[3], n, (float) rule.beta1(), (float) rule.beta2());
            Kernels.adam(x[0], x[2], x[3], n, corrected, root, (float) rule.epsilon());
          });
    }

    @Override
    public Void visit(UpdateRule.RmsProp rule) {
      float alpha = (float) rule.alpha();
      float epsilon = (float) rule.epsilon();
      int velocity = 2 + rule.slots().indexOf(UpdateRule.VELOCITY);
      int mean = 2 + rule.slots().indexOf(UpdateRule.MEAN_GRADIENT);
      return elementwise(
          (x, n, sums) -> {
            Kernels.penaliseGradient(x[0], x[1], n, group);
            Kernels.meanSquares(x[2], x[1], n, alpha);
            if (rule.centred()) {
              Kernels.blend(x[mean], alpha, 1 - alpha, x[1], n);
              Kernels.divideCentred(x[1], x[2], x[mean], n, epsilon);
            } else {
              Kernels.divide(x[1], x[2], n, epsilon);
            }
            descend(x, x[velocity], n, rule.momentum(), false);
          });
    }

    /** A sweep over whole tensors; the two sums of each. */
    private double[][] eachTensor(
        IntFunction<Sweep.Kernel> kernel, boolean weights, boolean slots) {
      Sweep sweep = new Sweep();
      for (int i = 0; i < tensors.size(); i++) {
        Range range = Range.of(tensors.get(i));
        sweep.add(kernel.apply(i), range.count(), range.operands(group.rule(), weights, slots));
      }
      return sweep.run();
    }

    @Override
    public Void visit(UpdateRule.Lars rule) {
      double decay = group.weightDecay();
      double[][] sums =
          eachTensor(
              i ->
                  (x, n, both) -> {
                    both[0] += Kernels.squares(x[0], n);
                    both[1] += Kernels.squares(x[1], n);
                  },
              false,
              false);
      eachTensor(
          i -> {
            double weights = Math.sqrt(sums[i][0]);
            double gradients = Math.sqrt(sums[i][1]);
            boolean adapts = decay != 0 && weights > 0 && gradients > 0;
            float ratio =
                adapts ? (float) (rule.trust() * weights / (gradients + decay * weights)) : 1;
            return (x, n, both) -> {
              Kernels.penaliseGradient(x[0], x[1], n, group);
              Kernels.scale(x[1], ratio, n);
              // The slot stands even without momentum, so that a run's state does not depend on it.
              Kernels.descend(x[0], x[1], x[2], n, rate, (float) rule.momentum(), rule.nesterov());
            };
          },
          true,
          true);
      return null;
    }

    @Override
    public Void visit(UpdateRule.Lamb rule) {
      float correction = correction1(rule.beta1());
      float root = root2(rule.beta2());
      float epsilon = (float) rule.epsilon();
      Sweep.Kernel direction =
          (x, n, both) -> {
            Kernels.adamDirection(x[1], x[2], x[3], n, correction, root, epsilon);
            Kernels.penaliseGradient(x[0], x[1], n, group);
          };
      double[][] sums =
          eachTensor(
              i ->
                  (x, n, both) -> {
                    Kernels.moments(
                        x[1], x[2], x[3], n, (float) rule.beta1(), (float) rule.beta2());
                    direction.apply(x, n, both);
                    both[0] += Kernels.squares(x[0], n);
                    both[1] += Kernels.squares(x[1], n);
                  },
              false,
              true);
      eachTensor(
          i -> {
            boolean adapts = group.weightDecay() != 0 && sums[i][0] > 0 && sums[i][1] > 0;
            double ratio = adapts ? Math.sqrt(sums[i][0]) / Math.sqrt(sums[i][1]) : 1;
            float by = (float) (-group.learningRate() * ratio);
            return (x, n, both) -> {
              direction.apply(x, n, both);
              Kernels.addTo(x[0], by, x[1], n);
            };
          },
          true,
          false);
      return null;
    }

    @Override
    public Void visit(UpdateRule.Muon rule) {
      float momentum = (float) rule.momentum();
      for (StateTensor tensor : tensors) {
        Range range = Range.of(tensor);
        Sweep.Operand direction = orthogonaliser.operand();
        Sweep before = new Sweep();
        before.add(
            (x, n, sums) -> {
              Kernels.blend(x[2], momentum, 1 - momentum, x[1], n);
              if (rule.nesterov()) {
                Kernels.blend(x[1], 1 - momentum, momentum, x[2], n);
                System.arraycopy(x[1], 0, x[0], 0, n);
              } else {
                System.arraycopy(x[2], 0, x[0], 0, n);
              }
            },
            range.count(),
            List.of(
                direction,
                range.companion(StateStore.GRADIENT, false),
                range.companion(UpdateRule.VELOCITY, true)));
        before.run();
        double scale = orthogonaliser.orthogonalise(tensor);
        Sweep after = new Sweep();
        after.add(
            (x, n, sums) -> {
              Kernels.penaliseWeight(x[0], n, group);
              Kernels.addTo(x[0], (float) (-group.learningRate() * scale), x[1], n);
            },
            range.count(),
            List.of(range.values(true), orthogonaliser.operand()));
        after.run();
      }
      return null;
    }
  }
}
