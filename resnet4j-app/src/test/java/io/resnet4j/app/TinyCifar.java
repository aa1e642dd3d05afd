package io.resnet4j.app;

import io.resnet4j.random.KeyedRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** CIFAR-10 in its binary format with few, drawn records. */
final class TinyCifar {
  static final int RECORD = 3073;

  private TinyCifar() {}

  /** Five training files and a test file of {@code records} each. */
  static Path write(Path folder, int records) throws IOException {
    Files.createDirectories(folder);
    for (int i = 1; i <= 5; i++) {
      Files.write(folder.resolve("data_batch_" + i + ".bin"), file(records, i));
    }
    Files.write(folder.resolve("test_batch.bin"), file(records, 6));
    return folder;
  }

  /** The class is how bright the picture is. */
  private static byte[] file(int records, int key) {
    KeyedRandom random = KeyedRandom.of(key, "tiny-cifar");
    byte[] bytes = new byte[records * RECORD];
    for (int r = 0; r < records; r++) {
      int label = r % 10;
      bytes[r * RECORD] = (byte) label;
      for (int i = 1; i < RECORD; i++) {
        bytes[r * RECORD + i] = (byte) (25 * label + random.nextInt(25));
      }
    }
    return bytes;
  }
}
