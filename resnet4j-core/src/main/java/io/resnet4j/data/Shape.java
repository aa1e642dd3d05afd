package io.resnet4j.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The ten figures of {@link Synthetic}, each by its signed distance: negative inside, positive
 * outside, in units of the figure's radius, close to Euclidean near the outline. They are chosen to
 * stay apart under rotation, mirroring and scaling.
 */
enum Shape {
  DISC {
    @Override
    double distance(double x, double y) {
      return Math.sqrt(x * x + y * y) - 0.9;
    }
  },
  RING {
    @Override
    double distance(double x, double y) {
      return Math.abs(Math.sqrt(x * x + y * y) - 0.72) - 0.2;
    }
  },
  SQUARE {
    @Override
    double distance(double x, double y) {
      return box(x, y, 0.76, 0.76);
    }
  },
  TRIANGLE {
    @Override
    double distance(double x, double y) {
      double slant = 0.8660254037844386 * Math.abs(x) - 0.5 * y;
      return Math.max(slant, y) - 0.5;
    }
  },
  CROSS {
    @Override
    double distance(double x, double y) {
      return Math.min(box(x, y, 0.95, 0.27), box(x, y, 0.27, 0.95));
    }
  },
  STAR {
    @Override
    double distance(double x, double y) {
      return pentagram(x, y);
    }
  },
  CRESCENT {
    @Override
    double distance(double x, double y) {
      double whole = Math.sqrt(x * x + y * y) - 0.95;
      double bite = Math.sqrt((x - 0.45) * (x - 0.45) + y * y) - 0.75;
      return Math.max(whole, -bite);
    }
  },
  BAR {
    @Override
    double distance(double x, double y) {
      return box(x, y, 1, 0.28);
    }
  },
  ANGLE {
    @Override
    double distance(double x, double y) {
      return Math.min(box(x, y - 0.6, 0.85, 0.25), box(x + 0.6, y, 0.25, 0.85));
    }
  },
  HOURGLASS {
    @Override
    double distance(double x, double y) {
      double slant = 0.8 * Math.abs(x) - 0.6 * Math.abs(y);
      return Math.max(slant - 0.05, Math.abs(y) - 0.85);
    }
  };

  /** No figure reaches farther than this from its centre. */
  static final double REACH = 1.25;

  private static final List<String> NAMES =
      Arrays.stream(values()).map(shape -> shape.name().toLowerCase(Locale.ROOT)).toList();

  private static final double[] STAR_NORMAL_X = new double[5];
  private static final double[] STAR_NORMAL_Y = new double[5];

  static {
    for (int i = 0; i < 5; i++) {
      double angle = 2 * Math.PI * i / 5;
      STAR_NORMAL_X[i] = StrictMath.sin(angle);
      STAR_NORMAL_Y[i] = StrictMath.cos(angle);
    }
  }

  /** Signed distance of (x, y) from the outline. */
  abstract double distance(double x, double y);

  static List<String> names() {
    return NAMES;
  }

  private static double box(double x, double y, double halfWidth, double halfHeight) {
    return Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);
  }

  /**
   * A pentagram: the points outside at most one of the five lines that its edges lie on, so the
   * second largest of the five distances decides.
   */
  private static double pentagram(double x, double y) {
    double largest = Double.NEGATIVE_INFINITY;
    double second = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < 5; i++) {
      double d = x * STAR_NORMAL_X[i] + y * STAR_NORMAL_Y[i] - 0.38;
      if (d > largest) {
        second = largest;
        largest = d;
      } else if (d > second) {
        second = d;
      }
    }
    return second;
  }
}
