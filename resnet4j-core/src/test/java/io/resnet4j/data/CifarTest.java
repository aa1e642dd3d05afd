package io.resnet4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarTest {
  @TempDir Path folder;

  /** Records whose labels count up and whose pixels tell record and position. */
  static byte[] records(int count, int labelBytes, int seed) {
    byte[] bytes = new byte[count * (labelBytes + 3072)];
    for (int i = 0, at = 0; i < count; i++) {
      for (int l = 0; l < labelBytes; l++) {
        bytes[at++] = (byte) ((i + l) % 10);
      }
      for (int p = 0; p < 3072; p++) {
        bytes[at++] = (byte) (seed * 31 + i * 7 + p);
      }
    }
    return bytes;
  }

  static void write10(Path folder) throws IOException {
    for (int i = 1; i <= 5; i++) {
      Files.write(folder.resolve("data_batch_" + i + ".bin"), records(300, 1, i));
    }
    Files.write(folder.resolve("test_batch.bin"), records(20, 1, 6));
  }

  private String refused10() {
    return assertThrows(InvalidInputException.class, () -> Cifar.open10(folder)).getMessage();
  }

  @Test
  void readsCifar10() throws IOException {
    write10(folder);
    DataSplits splits = Cifar.open10(folder);
    assertEquals(1500, splits.train().size());
    assertEquals(20, splits.test().size());
    assertEquals(new PictureSize(3, 32, 32), splits.train().pictureSize());
    assertEquals("automobile", splits.train().classes().get(1));
    assertEquals(9, splits.train().label(309));
    byte[] chw = new byte[3072];
    // Record 299 of the third file is past the first chunk that is read at once.
    splits.train().picture(899, chw);
    assertEquals((byte) (3 * 31 + 299 * 7), chw[0]);
    assertEquals((byte) (3 * 31 + 299 * 7 + 3071), chw[3071]);
    assertEquals(
        "CIFAR-10: 1,500 training and 20 test pictures 3x32x32, 10 classes, from " + folder,
        splits.description());
  }

  @Test
  void noticesAFileCutOffBetweenRecords() throws IOException {
    write10(folder);
    Path fourth = Files.write(folder.resolve("data_batch_4.bin"), records(299, 1, 4));
    assertEquals(
        fourth
            + ": 299 records, expected as many as data_batch_1.bin has (300); one of them is"
            + " truncated, unpack them again",
        refused10());
  }

  @Test
  void takesNamesAndTheUsualFolder() throws IOException {
    Path usual = Files.createDirectory(folder.resolve("cifar-10-batches-bin"));
    write10(usual);
    Files.writeString(usual.resolve("batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
    assertEquals("j", Cifar.open10(folder).test().classes().get(9));
    Files.writeString(usual.resolve("batches.meta.txt"), "a\nb\n");
    assertTrue(refused10().contains("2 class names, expected 10"));
  }

  @Test
  void readsCifar100() throws IOException {
    Files.write(folder.resolve("train.bin"), records(30, 2, 1));
    Files.write(folder.resolve("test.bin"), records(10, 2, 2));
    DataSplits fine = Cifar.open100(folder, Cifar.Labels.FINE);
    assertEquals(100, fine.train().classes().size());
    assertEquals(4, fine.train().label(3));
    DataSplits coarse = Cifar.open100(folder, Cifar.Labels.COARSE);
    assertEquals(20, coarse.train().classes().size());
    assertEquals(3, coarse.train().label(3));
    byte[] chw = new byte[3072];
    fine.train().picture(2, chw);
    assertEquals((byte) (31 + 14), chw[0]);
    Files.write(
        folder.resolve("fine_label_names.txt"),
        IntStream.range(0, 100).mapToObj(i -> "name" + i).toList());
    assertEquals("name42", Cifar.open100(folder, Cifar.Labels.FINE).test().classes().get(42));
  }

  @Test
  void refusesWhatIsNotThere() throws IOException {
    Path nowhere = folder.resolve("nowhere");
    assertTrue(
        assertThrows(InvalidInputException.class, () -> Cifar.open10(nowhere))
            .getMessage()
            .startsWith(nowhere + ": no such folder; expected one that holds CIFAR-10's"));
    Path file = Files.createFile(folder.resolve("file"));
    assertTrue(
        assertThrows(InvalidInputException.class, () -> Cifar.open10(file))
            .getMessage()
            .contains("is a file"));
    write10(folder);
    Files.delete(folder.resolve("data_batch_4.bin"));
    assertTrue(refused10().startsWith(folder.resolve("data_batch_4.bin") + ": no such file"));
  }

  @Test
  void refusesTruncatedAndForeignFiles() throws IOException {
    write10(folder);
    Path third = folder.resolve("data_batch_3.bin");
    Files.write(third, new byte[3073 * 5 - 1]);
    assertEquals(
        third
            + ": 15364 bytes, expected a multiple of 3073 (one record); the file is truncated or"
            + " not CIFAR-10's binary version; unpack it again",
        refused10());
    Files.write(third, new byte[0]);
    assertTrue(refused10().contains(": 0 bytes, expected a multiple of 3073"));
    Files.write(third, records(4, 2, 1));
    assertTrue(refused10().contains("this fits CIFAR-100"));
  }

  @Test
  void refusesLabelsOutsideTheClasses() throws IOException {
    write10(folder);
    byte[] records = records(300, 1, 2);
    records[257 * 3073] = 10;
    Path second = Files.write(folder.resolve("data_batch_2.bin"), records);
    assertEquals(
        second + ": record 257 has label 10, expected 0 to 9; is this CIFAR-10's binary version?",
        refused10());
  }

  @Test
  void readsTheRealOne() {
    DataSplits splits = Cifar.open10(TestData.require("cifar10"));
    assertEquals(50_000, splits.train().size());
    assertEquals(10_000, splits.test().size());
    assertEquals("airplane", splits.train().classes().get(0));
    for (Dataset part : List.of(splits.train(), splits.test())) {
      int[] count = new int[10];
      for (int i = 0; i < part.size(); i++) {
        count[part.label(i)]++;
      }
      for (int n : count) {
        assertEquals(part.size() / 10, n);
      }
    }
    Normalisation normalisation = Normalisation.perChannel(splits.train());
    float[] mean = {0.4914f, 0.4822f, 0.4465f};
    float[] std = {0.2470f, 0.2435f, 0.2616f};
    for (int c = 0; c < 3; c++) {
      assertEquals(mean[c], normalisation.mean().get(c), 5e-5f);
      assertEquals(std[c], normalisation.std().get(c), 5e-5f);
    }
    Dataset held = splits.holdOut(0.1, 1).validation().orElseThrow();
    assertEquals(5_000, held.size());
    assertEquals(500, IntStream.range(0, 5_000).filter(i -> held.label(i) == 7).count());
  }
}
