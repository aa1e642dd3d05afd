package io.resnet4j.nn;

import io.resnet4j.InvalidInputException;

/**
 * What a network loses at random while it trains. Probabilities of zero take nothing away.
 *
 * @param dropout of elements before the last convolution of each branch (Wide ResNets: Zagoruyko
 *     and Komodakis, arXiv:1605.07146)
 * @param headDropout of elements before the head
 * @param stochasticDepth of the last branch as a whole, in proportion for those before it: block l
 *     of L is dropped with l / L of it (Huang et al., arXiv:1603.09382)
 * @param dropPath of the last branch, for each picture by itself and in proportion before it: block
 *     l of L is dropped with (l - 1) / (L - 1) of it, so the first never; what is kept is scaled
 *     up, as timm's {@code drop_path}
 * @param dropBlock of elements of the last stage, in squares; a quarter of it in the stage before
 *     (Ghiasi et al., arXiv:1810.12890)
 * @param dropBlockSize side of these squares in pixels
 */
public record Regularisation(
    double dropout,
    double headDropout,
    double stochasticDepth,
    double dropPath,
    double dropBlock,
    int dropBlockSize) {
  /** Nothing is lost. */
  public static final Regularisation NONE = new Regularisation(0, 0, 0, 0, 0, 7);

  /** Checks the numbers. */
  public Regularisation {
    share("dropout", dropout);
    share("headDropout", headDropout);
    share("stochasticDepth", stochasticDepth);
    share("dropPath", dropPath);
    share("dropBlock", dropBlock);
    if (dropBlockSize < 1) {
      throw new InvalidInputException(
          "regularisation: dropBlockSize " + dropBlockSize + "; expected at least 1 pixel");
    }
  }

  private static void share(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new InvalidInputException(
          "regularisation: " + name + " " + value + "; expected 0 or more and below 1");
    }
  }

  /** Only this probability of dropping the last branch. */
  public static Regularisation stochasticDepth(double probability) {
    return new Regularisation(0, 0, probability, 0, 0, 7);
  }

  /** Only this dropout between the convolutions. */
  public static Regularisation dropout(double probability) {
    return new Regularisation(probability, 0, 0, 0, 0, 7);
  }

  /** The same with another probability of dropping the last branch of a picture. */
  public Regularisation withDropPath(double probability) {
    return new Regularisation(
        dropout, headDropout, stochasticDepth, probability, dropBlock, dropBlockSize);
  }

  /** Only DropBlock. */
  public static Regularisation dropBlock(double probability, int size) {
    return new Regularisation(0, 0, 0, 0, probability, size);
  }
}
