package io.resnet4j.lab;

/**
 * Linear centred kernel alignment: how alike two sets of features of the same pictures are, from 0
 * to 1, whatever rotation or scale (Kornblith et al. 2019, arXiv:1905.00414, section 3).
 */
final class Cka {
  private Cka() {}

  /**
   * The centred Gram matrix of features.
   *
   * @param features [pictures][features]
   */
  static double[][] gram(float[][] features) {
    int n = features.length;
    double[][] gram = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = 0;
        for (int f = 0; f < features[i].length; f++) {
          sum += (double) features[i][f] * features[j][f];
        }
        gram[i][j] = sum;
        gram[j][i] = sum;
      }
    }
    Stats.centre(gram);
    return gram;
  }

  /** The alignment of two centred Gram matrices; NaN where one of them is zero. */
  static double alignment(double[][] a, double[][] b) {
    return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
  }

  private static double product(double[][] a, double[][] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a.length; j++) {
        sum += a[i][j] * b[i][j];
      }
    }
    return sum;
  }
}
