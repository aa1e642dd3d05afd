package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import io.resnet4j.random.KeyedRandom;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The training set of one source, and what else it has.
 *
 * @param train what is learned from; a part of it can be held out with {@link #holdOut}
 * @param validation what choices are made by, where the source has such a set of its own
 * @param testing what is looked at once, at the end, where the source has it
 * @param description one line for people: what it is, how much of it, where it came from
 * @param notes what was left out and why, a line each
 */
public record DataSplits(
    Dataset train,
    Optional<Dataset> validation,
    Optional<Dataset> testing,
    String description,
    List<String> notes) {
  /**
   * @throws InvalidInputException if the sets differ in picture size or classes
   */
  public DataSplits {
    notes = List.copyOf(notes);
    validation.ifPresent(other -> requireAlike(train, "validation", other, description));
    testing.ifPresent(other -> requireAlike(train, "test", other, description));
  }

  /**
   * A training and a test set.
   *
   * @throws InvalidInputException if the two differ in picture size or classes
   */
  public DataSplits(Dataset train, Dataset test, String description) {
    this(train, Optional.empty(), Optional.of(test), description, List.of());
  }

  private static void requireAlike(Dataset train, String word, Dataset other, String description) {
    if (!train.pictureSize().equals(other.pictureSize())) {
      throw new InvalidInputException(
          description
              + ": training pictures are "
              + train.pictureSize()
              + ", "
              + word
              + " pictures "
              + other.pictureSize()
              + "; expected one size");
    }
    if (!train.classes().equals(other.classes())) {
      throw new InvalidInputException(
          description
              + ": training and "
              + word
              + " set differ in their classes: "
              + train.classes()
              + " and "
              + other.classes());
    }
  }

  /**
   * The test set.
   *
   * @throws InvalidInputException if the source has none
   */
  public Dataset test() {
    return testing.orElseThrow(
        () -> new InvalidInputException(description + ": has no test set; use another split"));
  }

  /** The same with every set {@link Dataset#framed}. */
  public DataSplits framed(int height, int width, int resize) {
    return new DataSplits(
        train.framed(height, width, resize),
        validation.map(set -> set.framed(height, width, resize)),
        testing.map(set -> set.framed(height, width, resize)),
        description,
        notes);
  }

  /** The same with grey pictures as red, green and blue alike, for networks that take these. */
  public DataSplits inColour() {
    return train.channels() != 1
        ? this
        : new DataSplits(
            new ColourDataset(train),
            validation.map(ColourDataset::new),
            testing.map(ColourDataset::new),
            description,
            notes);
  }

  /**
   * What {@link #holdOut} makes.
   *
   * @param train the pictures to learn from
   * @param validation the source's own validation set or the pictures held out; empty where there
   *     are neither
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
   * Holds {@code fraction} of the training set out for validation, unless the source has a
   * validation set of its own, which is taken as it is. The split is stratified: every class gives
   * its share, to within one picture, and {@code round(fraction * size)} pictures are held out in
   * all. Which ones depends on {@code seed} alone. Both parts keep the order of the training set.
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
    if (fraction == 0 || validation.isPresent()) {
      return new HeldOut(train, validation);
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
