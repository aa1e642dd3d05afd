package io.resnet4j.train;

import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.random.KeyedRandom;
import java.util.List;

/** Grey 8x8 pictures of three classes that a tiny network tells apart after some steps. */
record Stripes(String name, int size, long seed) implements Dataset {
  private static final int SIDE = 8;

  static DataSplits splits(int train, int test) {
    return new DataSplits(
        new Stripes("stripes train", train, 1), new Stripes("stripes test", test, 2), "stripes");
  }

  /** One basic block a stage. */
  static ModelSpec network() {
    return Models.resnet("resnet20-b")
        .withBlocks(List.of(1, 1, 1))
        .withWidths(List.of(4, 8, 8))
        .withClasses(3)
        .withInput(1, SIDE, SIDE);
  }

  /** Two epochs and what the schedules can do. */
  static Recipe recipe() {
    return Recipe.named("cifar10-default")
        .set("epochs=2")
        .set("batch=8")
        .set("evalBatch=10")
        .set("cropPadding=1")
        .set("precision=f32");
  }

  @Override
  public int channels() {
    return 1;
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
    return List.of("across", "down", "checked");
  }

  @Override
  public int label(int index) {
    return index % 3;
  }

  @Override
  public void picture(int index, byte[] chw) {
    KeyedRandom random = KeyedRandom.of(seed, "stripes").child(index);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        int along = label(index) == 0 ? y : label(index) == 1 ? x : x + y;
        chw[y * SIDE + x] = (byte) ((along / 2 % 2) * 120 + random.nextInt(60));
      }
    }
  }
}
