package io.resnet4j.lab;

import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The way that weights took in training, seen in the two directions in which it varies most (Li et
 * al. 2018, section 7): principal components of the differences from the final weights.
 */
final class Trajectory {
  private final List<Map<String, Tensor>> snapshots;
  private final Set<String> paths;
  private final Eigen eigen;
  private final double trace;
  private final double[] norms;
  private final double[] along;

  /**
   * A way.
   *
   * @param snapshots weights in the order of their steps, the last ones the final ones
   * @param random a direction to hold against the principal ones
   */
  Trajectory(List<Map<String, Tensor>> snapshots, Direction random) {
    int count = snapshots.size();
    this.snapshots = snapshots;
    paths = random.parts().keySet();
    double[][] gram = new double[count][count];
    norms = new double[count];
    along = new double[count];
    double length = 0;
    Map<String, Tensor> end = snapshots.get(count - 1);
    for (Map.Entry<String, float[]> part : random.parts().entrySet()) {
      String path = part.getKey();
      List<float[]> ways = new ArrayList<>();
      snapshots.forEach(s -> ways.add(difference(s.get(path), end.get(path))));
      for (int i = 0; i < count; i++) {
        for (int j = 0; j <= i; j++) {
          gram[i][j] += dot(ways.get(i), ways.get(j));
          gram[j][i] = gram[i][j];
        }
        along[i] += dot(ways.get(i), part.getValue());
      }
      length += dot(part.getValue(), part.getValue());
    }
    for (int i = 0; i < count; i++) {
      norms[i] = Math.sqrt(gram[i][i]);
      along[i] /= Math.sqrt(length);
    }
    Stats.centre(gram);
    eigen = Eigen.of(gram);
    trace = IntStream.range(0, count).mapToDouble(i -> gram[i][i]).sum();
  }

  private static float[] difference(Tensor from, Tensor end) {
    float[] difference = from.toFloats();
    float[] last = end.toFloats();
    for (int i = 0; i < last.length; i++) {
      difference[i] -= last[i];
    }
    return difference;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  /**
   * A point of the way.
   *
   * @param first along the direction of the largest variance, from the final weights
   * @param second along that of the next largest
   * @param away the distance from the final weights
   */
  record Point(double first, double second, double away) {}

  /**
   * What it looks like.
   *
   * @param points for each snapshot
   * @param shares of the variance in the two principal directions
   * @param random share of the variance in the random direction
   */
  record View(List<Point> points, double[] shares, double random) {}

  /** The way in its two principal directions. */
  View view() {
    int last = snapshots.size() - 1;
    List<Point> points = new ArrayList<>();
    double[] shares = new double[2];
    for (int k = 0; k < 2 && k < snapshots.size(); k++) {
      shares[k] = trace == 0 ? 0 : Math.max(0, eigen.values()[k]) / trace;
    }
    for (int i = 0; i <= last; i++) {
      points.add(
          new Point(
              eigen.coordinate(0, i) - eigen.coordinate(0, last),
              eigen.coordinate(1, i) - eigen.coordinate(1, last),
              norms[i]));
    }
    double mean = Stats.mean(along);
    double square = 0;
    for (double value : along) {
      square += (value - mean) * (value - mean);
    }
    return new View(points, shares, trace == 0 ? 0 : square / trace);
  }

  /**
   * A principal direction, as long as one: from the final weights so far along the first and so far
   * along the second lies what is nearest to a {@link Point}.
   *
   * @param k zero for the direction of the largest variance; without variance it leads nowhere
   */
  Direction principal(int k) {
    double length = Math.sqrt(Math.max(0, eigen.values()[k]));
    Map<String, Tensor> end = snapshots.get(snapshots.size() - 1);
    Map<String, float[]> parts = new LinkedHashMap<>();
    for (String path : paths) {
      double[] sum = new double[Math.toIntExact(end.get(path).shape().elements())];
      for (int i = 0; i < snapshots.size(); i++) {
        float[] way = difference(snapshots.get(i).get(path), end.get(path));
        double share = length == 0 ? 0 : eigen.vectors()[k][i] / length;
        for (int j = 0; j < sum.length; j++) {
          sum[j] += share * way[j];
        }
      }
      float[] part = new float[sum.length];
      for (int j = 0; j < sum.length; j++) {
        part[j] = (float) sum[j];
      }
      parts.put(path, part);
    }
    return new Direction(parts);
  }
}
