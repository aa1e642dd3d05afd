package io.resnet4j.backend;

import io.resnet4j.graph.Criterion;
import java.util.Arrays;
import java.util.List;

/**
 * A {@link Criterion} on one row of logits and its gradient, in doubles: small enough for any
 * backend to run in Java, and what people read. One object serves row after row; not for several
 * threads.
 */
public final class RowLoss {
  private final Criterion criterion;
  private final int classes;
  private final Softmax own;
  private final Softmax teachers;
  private final Formulas formulas = new Formulas();

  /** The row's logits, to be filled in. */
  public final double[] logits;

  /** The row's targets, to be filled in. */
  public final double[] targets;

  /** The teacher's logits, to be filled in if the criterion is taught. */
  public final double[] teacher;

  /** The gradient of the row's loss by the logits. */
  public final double[] gradient;

  /** Room for rows of {@code classes} logits. */
  public RowLoss(Criterion criterion, int classes) {
    this.criterion = criterion;
    this.classes = classes;
    own = new Softmax(classes);
    teachers = new Softmax(classes);
    logits = new double[classes];
    targets = new double[classes];
    teacher = new double[classes];
    gradient = new double[classes];
  }

  /** Sets {@link #gradient}; the row's loss, whose mean over rows is the loss. */
  public double compute() {
    Arrays.fill(gradient, 0);
    return criterion.accept(formulas);
  }

  private static double weight(List<Double> weights, int k) {
    return weights.isEmpty() ? 1 : weights.get(k);
  }

  /** Softmax(z / temperature) and its logarithms, in room that every row uses again. */
  private static final class Softmax {
    private final double[] shares;
    private final double[] logs;

    private Softmax(int classes) {
      shares = new double[classes];
      logs = new double[classes];
    }

    private void of(double[] z, double temperature) {
      double largest = Double.NEGATIVE_INFINITY;
      for (double value : z) {
        // Not a number stays so.
        largest = Math.max(largest, value);
      }
      double sum = 0;
      for (int k = 0; k < z.length; k++) {
        logs[k] = (z[k] - largest) / temperature;
        shares[k] = Math.exp(logs[k]);
        sum += shares[k];
      }
      double logSum = Math.log(sum);
      for (int k = 0; k < z.length; k++) {
        logs[k] -= logSum;
        shares[k] /= sum;
      }
    }
  }

  private final class Formulas implements Criterion.Visitor<Double> {
    @Override
    public Double visit(Criterion.CrossEntropy op) {
      own.of(logits, 1);
      double[] logs = own.logs;
      double[] shares = own.shares;
      double loss = 0;
      double flow = 0;
      for (int k = 0; k < classes; k++) {
        double q = (1 - op.smoothing()) * targets[k] + op.smoothing() / classes;
        double c = weight(op.classWeights(), k) * q;
        double p = shares[k];
        // The slope of -(1 - p)^focus log p by log p.
        double slope = -1;
        if (c != 0) {
          double rest = op.focus() == 0 ? 1 : Math.pow(1 - p, op.focus());
          loss -= c * rest * logs[k];
          if (op.focus() != 0) {
            slope = op.focus() * p * Math.pow(1 - p, op.focus() - 1) * logs[k] - rest;
          }
        }
        gradient[k] = c * slope;
        flow += gradient[k];
      }
      for (int k = 0; k < classes; k++) {
        gradient[k] -= shares[k] * flow;
      }
      return loss;
    }

    @Override
    public Double visit(Criterion.BinaryCrossEntropy op) {
      double loss = 0;
      for (int k = 0; k < classes; k++) {
        double t = targets[k];
        if (op.threshold() < 1) {
          t = t > op.threshold() ? 1 : 0;
        }
        double q = (1 - op.smoothing()) * t + op.smoothing() / classes;
        double z = logits[k];
        double p = 1 / (1 + Math.exp(-z));
        // -q log p - (1 - q) log(1 - p), without overflow.
        double entropy = Math.max(z, 0) - q * z + Math.log1p(Math.exp(-Math.abs(z)));
        double c = weight(op.classWeights(), k) / classes;
        if (op.focus() == 0) {
          loss += c * entropy;
          gradient[k] = c * (p - q);
        } else {
          double miss = 1 - (p * q + (1 - p) * (1 - q));
          double rest = Math.pow(miss, op.focus());
          loss += c * rest * entropy;
          double slope = op.focus() * Math.pow(miss, op.focus() - 1) * (1 - 2 * q) * p * (1 - p);
          gradient[k] = c * ((p - q) * rest + slope * entropy);
        }
      }
      return loss;
    }

    @Override
    public Double visit(Criterion.Distillation op) {
      double hard = op.hard().accept(this);
      double t = op.temperature();
      own.of(logits, t);
      teachers.of(teacher, t);
      double soft = 0;
      for (int k = 0; k < classes; k++) {
        double p = teachers.shares[k];
        soft += p * (teachers.logs[k] - own.logs[k]);
        gradient[k] = (1 - op.share()) * gradient[k] + op.share() * t * (own.shares[k] - p);
      }
      return (1 - op.share()) * hard + op.share() * t * t * soft;
    }
  }
}
