package io.resnet4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSource.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSourceTest {
  @TempDir Path folder;

  private static String refused(String text) {
    return assertThrows(InvalidInputException.class, () -> DataSource.parse(text).open())
        .getMessage();
  }

  @Test
  void parsesEveryForm() {
    assertEquals(
        new DataSource(Kind.CIFAR10, Optional.of(Path.of("a/b"))), DataSource.parse("cifar10:a/b"));
    assertEquals(
        new DataSource(Kind.CIFAR100, Optional.of(Path.of("x"))), DataSource.parse("CIFAR100:x"));
    assertEquals(
        new DataSource(Kind.MNIST, Optional.of(Path.of("/x:y"))), DataSource.parse("mnist:/x:y"));
    assertEquals(new DataSource(Kind.SYNTHETIC, Optional.empty()), DataSource.parse("synthetic"));
    assertEquals(
        new DataSource(Kind.DETECT, Optional.of(Path.of("some/where"))),
        DataSource.parse("some/where"));
    Path home = Path.of(System.getProperty("user.home"), "data");
    assertEquals(Optional.of(home), DataSource.parse("cifar10:~/data").folder());
  }

  @Test
  void refusesOtherForms() {
    assertTrue(refused("").contains("--data is empty"));
    assertTrue(refused("cifr10:x").contains("unknown kind 'cifr10'; did you mean 'cifar10'?"));
    assertTrue(refused("mnits:x").contains("did you mean 'mnist'?"));
    assertTrue(refused("cifar10:").contains("needs a folder"));
    assertTrue(refused("synthetic:x").contains("takes no folder"));
    assertTrue(refused("folder:" + folder).contains("no folders in it"));
  }

  @Test
  void recognisesFolders() throws IOException {
    Path ten = Files.createDirectory(folder.resolve("ten"));
    CifarTest.write10(ten);
    assertTrue(DataSource.parse(ten.toString()).open().description().startsWith("CIFAR-10: "));

    Path hundred = Files.createDirectories(folder.resolve("hundred/cifar-100-binary"));
    Files.write(hundred.resolve("train.bin"), CifarTest.records(3, 2, 1));
    Files.write(hundred.resolve("test.bin"), CifarTest.records(3, 2, 1));
    assertTrue(
        DataSource.parse(hundred.getParent().toString())
            .open()
            .description()
            .startsWith("CIFAR-100: "));

    Path classes = Files.createDirectories(folder.resolve("f/train/cat")).getParent().getParent();
    assertTrue(refused(classes.toString()).contains("one class only (cat)"));

    Path python = Files.createDirectory(folder.resolve("python"));
    Files.createFile(python.resolve("data_batch_1"));
    assertTrue(refused(python.toString()).contains("Python version"));

    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertTrue(refused(empty.toString()).contains("holds no data set known here"));
    assertTrue(refused("nosuchdata").contains("--data takes cifar10:DIR"));
  }

  @Test
  void holdsOutAStratifiedPart() {
    DataSplits splits = Synthetic.draw(103, 10, 1);
    DataSplits.HeldOut held = splits.holdOut(0.25, 7);
    Dataset validation = held.validation().orElseThrow();
    assertEquals(26, validation.size());
    assertEquals(77, held.train().size());
    int[] ofTrain = new int[10];
    for (int i = 0; i < held.train().size(); i++) {
      ofTrain[held.train().label(i)]++;
    }
    for (int c = 0; c < 10; c++) {
      int label = c;
      int inTrain = ofTrain[c];
      long inHeld = IntStream.range(0, 26).filter(i -> validation.label(i) == label).count();
      assertTrue(inHeld == 2 || inHeld == 3, "class " + c + ": " + inHeld);
      assertEquals(c < 3 ? 11 : 10, inTrain + inHeld);
    }
    assertEquals("Synthetic shapes train (held out)", validation.name());
  }

  @Test
  void holdsOutTheSameForTheSameSeedOnly() {
    DataSplits splits = Synthetic.draw(100, 10, 1);
    byte[] first = all(splits.holdOut(0.2, 7).validation().orElseThrow());
    assertArrayEquals(first, all(splits.holdOut(0.2, 7).validation().orElseThrow()));
    assertFalse(Arrays.equals(first, all(splits.holdOut(0.2, 8).validation().orElseThrow())));
  }

  private static byte[] all(Dataset data) {
    byte[] all = new byte[data.size() * 3072];
    byte[] chw = new byte[3072];
    for (int i = 0; i < data.size(); i++) {
      data.picture(i, chw);
      System.arraycopy(chw, 0, all, i * 3072, 3072);
    }
    return all;
  }

  @Test
  void keepsAllWithoutAFraction() {
    DataSplits splits = Synthetic.draw(20, 10, 1);
    DataSplits.HeldOut held = splits.holdOut(0, 7);
    assertEquals(splits.train(), held.train());
    assertTrue(held.validation().isEmpty());
  }

  @Test
  void refusesImpossibleFractions() {
    DataSplits splits = Synthetic.draw(20, 10, 1);
    for (double fraction : new double[] {-0.1, 1, 1.5, Double.NaN, 0.001, 0.999}) {
      assertThrows(InvalidInputException.class, () -> splits.holdOut(fraction, 1));
    }
  }

  @Test
  void viewsASubset() {
    Dataset train = Synthetic.draw(20, 10, 1).train();
    int[] indices = {13, 2, 2};
    Dataset subset = train.subset(indices);
    indices[0] = 0;
    assertEquals(3, subset.size());
    assertEquals(3, subset.label(0));
    byte[] expected = new byte[3072];
    byte[] actual = new byte[3072];
    train.picture(13, expected);
    subset.picture(0, actual);
    assertArrayEquals(expected, actual);
    assertThrows(IndexOutOfBoundsException.class, () -> train.subset(new int[] {20}));
    assertThrows(InvalidInputException.class, () -> train.subset(new int[0]));
  }
}
