package io.resnet4j.backend.reference;

import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Shape;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/** The rules' formulas for one parameter, in doubles; {@link UpdateRule} states them. */
final class ReferenceUpdate implements UpdateRule.Visitor<Void> {
  private final double[] w;
  private final double[] g;
  private final Map<String, double[]> slots;
  private final UpdateRule.Group group;
  private final double step;
  private final Shape shape;

  /**
   * One parameter's update.
   *
   * @param w the parameter, changed in place
   * @param g its gradient, a copy that may be written to
   * @param slots of the rule, changed in place
   * @param updates that came before
   */
  ReferenceUpdate(
      double[] w,
      double[] g,
      Map<String, double[]> slots,
      UpdateRule.Group group,
      long updates,
      Shape shape) {
    this.w = w;
    this.g = g;
    this.slots = slots;
    this.group = group;
    this.step = updates + 1.0;
    this.shape = shape;
  }

  private double[] slot(String name) {
    return slots.get(name);
  }

  private double penalty(int i) {
    return group.weightDecay() * w[i] + group.l1() * Math.signum(w[i]);
  }

  private void penaliseGradient() {
    for (int i = 0; i < w.length; i++) {
      g[i] += penalty(i);
    }
  }

  private void penaliseWeight() {
    for (int i = 0; i < w.length; i++) {
      w[i] -= group.learningRate() * penalty(i);
    }
  }

  static double squares(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return sum;
  }

  @Override
  public Void visit(UpdateRule.Sgd rule) {
    penaliseGradient();
    descend(rule.momentum(), rule.nesterov());
    return null;
  }

  private void descend(double momentum, boolean nesterov) {
    double[] v = momentum == 0 ? new double[w.length] : slot(UpdateRule.VELOCITY);
    for (int i = 0; i < w.length; i++) {
      v[i] = momentum * v[i] + g[i];
      w[i] -= group.learningRate() * (nesterov ? g[i] + momentum * v[i] : v[i]);
    }
  }

  @Override
  public Void visit(UpdateRule.Adam rule) {
    if (rule.decoupled()) {
      penaliseWeight();
    } else {
      penaliseGradient();
    }
    double[] r = moments(rule.beta1(), rule.beta2(), rule.epsilon());
    for (int i = 0; i < w.length; i++) {
      w[i] -= group.learningRate() * r[i];
    }
    return null;
  }

  /** Moves the moments and returns the quotient of their bias-corrected forms. */
  private double[] moments(double beta1, double beta2, double epsilon) {
    double[] m = slot(UpdateRule.FIRST_MOMENT);
    double[] v = slot(UpdateRule.SECOND_MOMENT);
    double correction1 = 1 - Math.pow(beta1, step);
    double correction2 = 1 - Math.pow(beta2, step);
    double[] r = new double[w.length];
    for (int i = 0; i < w.length; i++) {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
      r[i] = m[i] / correction1 / (Math.sqrt(v[i] / correction2) + epsilon);
    }
    return r;
  }

  @Override
  public Void visit(UpdateRule.RmsProp rule) {
    penaliseGradient();
    double[] s = slot(UpdateRule.SECOND_MOMENT);
    for (int i = 0; i < w.length; i++) {
      s[i] = rule.alpha() * s[i] + (1 - rule.alpha()) * g[i] * g[i];
      double variance = s[i];
      if (rule.centred()) {
        double[] a = slot(UpdateRule.MEAN_GRADIENT);
        a[i] = rule.alpha() * a[i] + (1 - rule.alpha()) * g[i];
        variance -= a[i] * a[i];
      }
      g[i] /= Math.sqrt(Math.max(0, variance)) + rule.epsilon();
    }
    descend(rule.momentum(), false);
    return null;
  }

  @Override
  public Void visit(UpdateRule.Lars rule) {
    double weights = Math.sqrt(squares(w));
    double gradients = Math.sqrt(squares(g));
    double decay = group.weightDecay();
    boolean adapts = decay != 0 && weights > 0 && gradients > 0;
    double ratio = adapts ? rule.trust() * weights / (gradients + decay * weights) : 1;
    penaliseGradient();
    for (int i = 0; i < g.length; i++) {
      g[i] *= ratio;
    }
    descend(rule.momentum(), rule.nesterov());
    return null;
  }

  @Override
  public Void visit(UpdateRule.Lamb rule) {
    double[] r = moments(rule.beta1(), rule.beta2(), rule.epsilon());
    for (int i = 0; i < r.length; i++) {
      r[i] += penalty(i);
    }
    double weights = Math.sqrt(squares(w));
    double size = Math.sqrt(squares(r));
    double ratio = group.weightDecay() != 0 && weights > 0 && size > 0 ? weights / size : 1;
    for (int i = 0; i < w.length; i++) {
      w[i] -= group.learningRate() * ratio * r[i];
    }
    return null;
  }

  @Override
  public Void visit(UpdateRule.Muon rule) {
    double[] v = slot(UpdateRule.VELOCITY);
    double momentum = rule.momentum();
    int rows = shape.dim(0);
    int columns = w.length / rows;
    double[][] u = new double[rows][columns];
    for (int i = 0; i < w.length; i++) {
      v[i] = momentum * v[i] + (1 - momentum) * g[i];
      u[i / columns][i % columns] =
          rule.nesterov() ? (1 - momentum) * g[i] + momentum * v[i] : v[i];
    }
    double[][] orthogonal = orthogonal(u);
    penaliseWeight();
    double rate = group.learningRate() * Math.sqrt(Math.max(1, rows / (double) columns));
    for (int i = 0; i < w.length; i++) {
      w[i] -= rate * orthogonal[i / columns][i % columns];
    }
    return null;
  }

  /** Newton and Schulz's iteration towards the nearest matrix whose singular values are one. */
  private static double[][] orthogonal(double[][] u) {
    double sum = 0;
    for (double[] row : u) {
      sum += squares(row);
    }
    double norm = Math.max(Math.sqrt(sum), UpdateRule.Muon.EPSILON);
    double[][] x = new double[u.length][];
    for (int i = 0; i < u.length; i++) {
      x[i] = Elementwise.map(u[i].length, divided(u[i], norm));
    }
    for (int iteration = 0; iteration < UpdateRule.Muon.ITERATIONS; iteration++) {
      double[][] square = Matrices.multiply(x, Matrices.transpose(x));
      double[][] fourth = Matrices.multiply(square, square);
      add(UpdateRule.Muon.B, square, UpdateRule.Muon.C, fourth);
      double[][] change = Matrices.multiply(fourth, x);
      add(UpdateRule.Muon.A, x, 1, change);
      x = change;
    }
    return x;
  }

  private static IntToDoubleFunction divided(double[] row, double by) {
    return i -> row[i] / by;
  }

  /** Sets b to {@code p a + q b}. */
  private static void add(double p, double[][] a, double q, double[][] b) {
    for (int i = 0; i < b.length; i++) {
      for (int j = 0; j < b[i].length; j++) {
        b[i][j] = p * a[i][j] + q * b[i][j];
      }
    }
  }
}
