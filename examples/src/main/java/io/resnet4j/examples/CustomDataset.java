package io.resnet4j.examples;

import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.train.Recipe;
import java.nio.file.Path;
import java.util.List;

/**
 * Pictures from wherever yours are, such as a database: how many, which class, which bytes. This
 * one draws them: a bright spot on the left or on the right.
 *
 * @param name for messages
 * @param size how many pictures
 * @param seed what they are drawn from
 */
public record CustomDataset(String name, int size, long seed) implements Dataset {
  private static final int SIDE = 32;
  private static final int SPOT = 8;

  /** A folder for the run. */
  public static void main(String[] arguments) {
    Train.train(splits(4000, 1000), Recipe.named("synthetic-default"), Path.of(arguments[0]));
  }

  /** What is learned from, and what is looked at once, at the end. */
  static DataSplits splits(int train, int test) {
    return new DataSplits(
        new CustomDataset("spots train", train, 1),
        new CustomDataset("spots test", test, 2),
        "spots");
  }

  @Override
  public int channels() {
    return 3;
  }

  @Override
  public int height() {
    return SIDE;
  }

  @Override
  public int width() {
    return SIDE;
  }

  @Override
  public List<String> classes() {
    return List.of("left", "right");
  }

  @Override
  public int label(int index) {
    return index % 2;
  }

  /** Loader threads call this at once, so it keeps nothing; the same index gives the same bytes. */
  @Override
  public void picture(int index, byte[] chw) {
    KeyedRandom random = KeyedRandom.of(seed, "spots").child(index);
    for (int i = 0; i < pictureSize().samples(); i++) {
      chw[i] = (byte) random.nextInt(100);
    }
    int left = random.nextInt(SIDE / 2 - SPOT) + label(index) * SIDE / 2;
    int top = random.nextInt(SIDE - SPOT);
    for (int c = 0; c < channels(); c++) {
      for (int y = top; y < top + SPOT; y++) {
        for (int x = left; x < left + SPOT; x++) {
          chw[(c * SIDE + y) * SIDE + x] = (byte) 230;
        }
      }
    }
  }
}
