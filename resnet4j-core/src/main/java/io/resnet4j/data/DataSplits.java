package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import io.resnet4j.random.KeyedRandom;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The training and the test set of one source.
 *
 * @param train what is learned from; a part of it can be held out with {@link #holdOut}
 * @param test what is looked at once, at the end
 * @param description one line for people: what it is, how much of it, where it came from
 */
public record DataSplits(Dataset train, Dataset test, String description) {
  /**
   * @throws InvalidInputException if the two sets differ in picture size or classes
   */
  public DataSplits {
    if (!train.pictureSize().equals(test.pictureSize())) {
      throw new InvalidInputException(
          description
              + ": training pictures are "
              + train.pictureSize()
              + ", test pictures "
              + test.pictureSize()
              + "; expected one size");
    }
    if (!train.classes().equals(test.classes())) {
      throw new InvalidInputException(
          description
              + ": training and test set differ in their classes: "
              + train.classes()
              + " and "
              + test.classes());
    }
  }

  /**
   * What {@link #holdOut} makes.
   *
   * @param train the pictures to learn from
   * @param validation the pictures held out, empty where none were asked for
   */
  public record HeldOut(Dataset train, Optional<Dataset> validation) {}

  static DataSplits of(String name, Dataset train, Dataset test, Path from) {
    return new DataSplits(train, test, describe(name, train, test) + ", from " + from);
  }

  static String describe(String name, Dataset train, Dataset test) {
    return String.format(
        Locale.ROOT,
        "%s: %,d training and %,d test pictures %s, %d classes",
        name,
        train.size(),
        test.size(),
        train.pictureSize(),
        train.classes().size());
  }

  /**
   * Holds {@code fraction} of the training set out for validation. The split is stratified: every
   * class gives its share, to within one picture, and {@code round(fraction * size)} pictures are
   * held out in all. Which ones depends on {@code seed} alone. Both parts keep the order of the
   * training set.
   *
   * @param fraction at least 0, less than 1; with 0 the training set stays whole
   * @throws InvalidInputException if the fraction is outside [0, 1) or leaves either part empty
   */
  public HeldOut holdOut(double fraction, long seed) {
    if (!(fraction >= 0 && fraction < 1)) {
      throw new InvalidInputException(
          "validation split "
              + fraction
              + ": expected a fraction of the training set, at least 0 and less than 1");
    }
    if (fraction == 0) {
      return new HeldOut(train, Optional.empty());
    }
    int total = (int) Math.round(fraction * train.size());
    if (total == 0 || total == train.size()) {
      throw new InvalidInputException(
          "validation split "
              + fraction
              + " of "
              + train.size()
              + " pictures leaves nothing to "
              + (total == 0 ? "validate with" : "train on")
              + "; give another fraction, or 0 for no validation set");
    }
    boolean[] held = chooseStratified(fraction, total, KeyedRandom.of(seed, "data/hold-out"));
    int[] kept = new int[train.size() - total];
    int[] out = new int[total];
    for (int i = 0, k = 0, o = 0; i < held.length; i++) {
      if (held[i]) {
        out[o++] = i;
      } else {
        kept[k++] = i;
      }
    }
    return new HeldOut(
        train.subset(kept),
        Optional.of(new SubsetDataset(train, train.name() + " (held out)", out)));
  }

  private boolean[] chooseStratified(double fraction, int total, KeyedRandom random) {
    int[][] byClass = indicesByClass();
    int[] share = shares(byClass, fraction, total);
    boolean[] held = new boolean[train.size()];
    for (int c = 0; c < byClass.length; c++) {
      int[] order = random.child(c).permutation(byClass[c].length);
      for (int k = 0; k < share[c]; k++) {
        held[byClass[c][order[k]]] = true;
      }
    }
    return held;
  }

  /** Largest remainders: rounding each class by itself would not add up to {@code total}. */
  private static int[] shares(int[][] byClass, double fraction, int total) {
    int classes = byClass.length;
    int[] share = new int[classes];
    double[] remainder = new double[classes];
    int left = total;
    for (int c = 0; c < classes; c++) {
      double exact = fraction * byClass[c].length;
      share[c] = (int) exact;
      remainder[c] = exact - share[c];
      left -= share[c];
    }
    while (left > 0) {
      int best = -1;
      for (int c = 0; c < classes; c++) {
        if (share[c] < byClass[c].length && (best < 0 || remainder[c] > remainder[best])) {
          best = c;
        }
      }
      share[best]++;
      remainder[best] = -1;
      left--;
    }
    return share;
  }

  private int[][] indicesByClass() {
    int classes = train.classes().size();
    int[] count = new int[classes];
    for (int i = 0; i < train.size(); i++) {
      count[train.label(i)]++;
    }
    int[][] byClass = new int[classes][];
    Arrays.setAll(byClass, c -> new int[count[c]]);
    int[] filled = new int[classes];
    for (int i = 0; i < train.size(); i++) {
      int c = train.label(i);
      byClass[c][filled[c]++] = i;
    }
    return byClass;
  }
}
