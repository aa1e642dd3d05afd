package io.resnet4j.backend.onednn;

import io.resnet4j.plan.UpdateRule;

/**
 * The rules' formulas on arrays, in single precision. Every loop is a method of its own, plain
 * enough for the compiler to vectorise. Operands are w, g and the rule's slots in their order; g is
 * a copy that may be written to.
 */
final class Kernels {
  private Kernels() {}

  /** Adds weightDecay w + l1 sign(w) to g. */
  static void penaliseGradient(float[] w, float[] g, int n, UpdateRule.Group group) {
    addTo(g, (float) group.weightDecay(), w, n);
    if (group.l1() != 0) {
      addSigns(g, (float) group.l1(), w, n);
    }
  }

  /** Takes rate (weightDecay w + l1 sign(w)) from w. */
  static void penaliseWeight(float[] w, int n, UpdateRule.Group group) {
    double rate = group.learningRate();
    if (group.l1() != 0) {
      // Both parts see the w that was there before.
      shrink(w, (float) (1 - rate * group.weightDecay()), (float) (rate * group.l1()), n);
    } else if (group.weightDecay() != 0) {
      scale(w, (float) (1 - rate * group.weightDecay()), n);
    }
  }

  static void addTo(float[] to, float factor, float[] from, int n) {
    if (factor == 0) {
      return;
    }
    for (int i = 0; i < n; i++) {
      to[i] += factor * from[i];
    }
  }

  private static void addSigns(float[] to, float factor, float[] of, int n) {
    for (int i = 0; i < n; i++) {
      to[i] += factor * Math.signum(of[i]);
    }
  }

  private static void shrink(float[] w, float keep, float by, int n) {
    for (int i = 0; i < n; i++) {
      w[i] = keep * w[i] - by * Math.signum(w[i]);
    }
  }

  static void scale(float[] x, float factor, int n) {
    for (int i = 0; i < n; i++) {
      x[i] *= factor;
    }
  }

  /** a = q b. */
  static void set(float[] a, float q, float[] b, int n) {
    for (int i = 0; i < n; i++) {
      a[i] = q * b[i];
    }
  }

  /** a = p a + q b. */
  static void blend(float[] a, float p, float q, float[] b, int n) {
    for (int i = 0; i < n; i++) {
      a[i] = p * a[i] + q * b[i];
    }
  }

  /** The sum of squares, in four partial sums. */
  static double squares(float[] x, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < n; i += 4) {
      a += (double) x[i] * x[i];
      b += (double) x[i + 1] * x[i + 1];
      c += (double) x[i + 2] * x[i + 2];
      d += (double) x[i + 3] * x[i + 3];
    }
    for (; i < n; i++) {
      a += (double) x[i] * x[i];
    }
    return a + b + (c + d);
  }

  /** v = momentum v + g, and a step against v or, looking ahead, against g + momentum v. */
  static void descend(
      float[] w, float[] g, float[] v, int n, float rate, float momentum, boolean nesterov) {
    if (nesterov) {
      for (int i = 0; i < n; i++) {
        float velocity = momentum * v[i] + g[i];
        v[i] = velocity;
        w[i] -= rate * (g[i] + momentum * velocity);
      }
    } else {
      for (int i = 0; i < n; i++) {
        float velocity = momentum * v[i] + g[i];
        v[i] = velocity;
        w[i] -= rate * velocity;
      }
    }
  }

  /** Moves Adam's moments of g. */
  static void moments(float[] g, float[] m, float[] v, int n, float beta1, float beta2) {
    float fresh1 = 1 - beta1;
    float fresh2 = 1 - beta2;
    for (int i = 0; i < n; i++) {
      m[i] = beta1 * m[i] + fresh1 * g[i];
      v[i] = beta2 * v[i] + fresh2 * g[i] * g[i];
    }
  }

  /** w -= rate m / (root sqrt(v) + epsilon). */
  static void adam(float[] w, float[] m, float[] v, int n, float rate, float root, float epsilon) {
    for (int i = 0; i < n; i++) {
      w[i] -= rate * m[i] / (root * (float) Math.sqrt(v[i]) + epsilon);
    }
  }

  /** g = correction m / (root sqrt(v) + epsilon). */
  static void adamDirection(
      float[] g, float[] m, float[] v, int n, float correction, float root, float epsilon) {
    for (int i = 0; i < n; i++) {
      g[i] = correction * m[i] / (root * (float) Math.sqrt(v[i]) + epsilon);
    }
  }

  /** s = alpha s + (1 - alpha) g g. */
  static void meanSquares(float[] s, float[] g, int n, float alpha) {
    float fresh = 1 - alpha;
    for (int i = 0; i < n; i++) {
      s[i] = alpha * s[i] + fresh * g[i] * g[i];
    }
  }

  /** g /= sqrt(s) + epsilon. */
  static void divide(float[] g, float[] s, int n, float epsilon) {
    for (int i = 0; i < n; i++) {
      g[i] /= (float) Math.sqrt(s[i]) + epsilon;
    }
  }

  /** g /= sqrt(s - a a) + epsilon. */
  static void divideCentred(float[] g, float[] s, float[] a, int n, float epsilon) {
    for (int i = 0; i < n; i++) {
      g[i] /= (float) Math.sqrt(Math.max(0, s[i] - a[i] * a[i])) + epsilon;
    }
  }
}
