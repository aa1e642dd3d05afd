package io.resnet4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MnistTest {
  @TempDir Path folder;

  /** An idx file of counting bytes modulo {@code modulus}. */
  private static byte[] idx(int modulus, int... dimensions) {
    int size = Arrays.stream(dimensions).reduce(1, (a, b) -> a * b);
    ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * dimensions.length + size);
    bytes.putInt(0x800 + dimensions.length);
    for (int dimension : dimensions) {
      bytes.putInt(dimension);
    }
    for (int i = 0; i < size; i++) {
      bytes.put((byte) (i % modulus));
    }
    return bytes.array();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private String refused() {
    return assertThrows(InvalidInputException.class, () -> Mnist.open(folder)).getMessage();
  }

  @BeforeEach
  void writeAll() throws IOException {
    write("train-images-idx3-ubyte", idx(251, 30, 28, 28));
    write("train-labels-idx1-ubyte", idx(10, 30));
    write("t10k-images-idx3-ubyte.gz", gzip(idx(251, 10, 28, 28)));
    write("t10k-labels-idx1-ubyte.gz", gzip(idx(10, 10)));
  }

  @Test
  void readsPlainAndCompressed() {
    DataSplits splits = Mnist.open(folder);
    assertEquals(30, splits.train().size());
    assertEquals(10, splits.test().size());
    assertEquals(new PictureSize(1, 28, 28), splits.test().pictureSize());
    assertEquals(7, splits.test().label(7));
    byte[] chw = new byte[784];
    splits.test().picture(9, chw);
    assertEquals((byte) ((9 * 784 + 783) % 251), chw[783]);
    assertEquals("7", splits.train().classes().get(7));
  }

  @Test
  void namesFashionByItsFolder() throws IOException {
    Path raw = Files.createDirectories(folder.resolve("FashionMNIST/raw"));
    for (String part : new String[] {"train", "t10k"}) {
      Files.write(raw.resolve(part + "-images-idx3-ubyte"), idx(251, 10, 28, 28));
      Files.write(raw.resolve(part + "-labels-idx1-ubyte"), idx(10, 10));
    }
    DataSplits splits = Mnist.open(folder);
    assertEquals("sneaker", splits.train().classes().get(7));
    assertTrue(splits.description().startsWith("Fashion-MNIST: 10 training"));
  }

  @Test
  void refusesMissingFiles() throws IOException {
    Files.delete(folder.resolve("t10k-labels-idx1-ubyte.gz"));
    assertEquals(
        folder
            + ": no t10k-labels-idx1-ubyte (or the same with .gz); expected MNIST's four idx files",
        refused());
  }

  @Test
  void refusesTheWrongMagic() throws IOException {
    Path file = write("train-images-idx3-ubyte", idx(10, 30));
    assertEquals(
        file
            + ": begins with 0x00000801, expected 0x00000803 (idx, unsigned bytes, 3 dimensions);"
            + " images and labels may be swapped",
        refused());
    write("train-images-idx3-ubyte", gzip(idx(251, 30, 28, 28)));
    assertTrue(refused().contains("name it with .gz"));
  }

  @Test
  void refusesDifferentNumbers() throws IOException {
    write("train-labels-idx1-ubyte", idx(10, 29));
    assertTrue(refused().contains("30 pictures, but train-labels-idx1-ubyte has 29 labels"));
  }

  @Test
  void refusesLabelsOutsideTheClasses() throws IOException {
    write("train-labels-idx1-ubyte", idx(12, 30));
    assertTrue(refused().contains("picture 10 has label 10, expected 0 to 9"));
  }

  @Test
  void refusesDifferentSizesOfTrainAndTest() throws IOException {
    write("train-images-idx3-ubyte", idx(251, 30, 14, 56));
    assertTrue(refused().contains("training pictures are 1x14x56, test pictures 1x28x28"));
  }

  @Test
  void refusesTruncatedAndTooLongFiles() throws IOException {
    byte[] whole = idx(251, 30, 28, 28);
    for (int length : new int[] {0, 3, 15, 16, 1000, whole.length - 1}) {
      write("train-images-idx3-ubyte", Arrays.copyOf(whole, length));
      assertTrue(refused().contains("truncated"), refused());
    }
    write("train-images-idx3-ubyte", Arrays.copyOf(whole, whole.length + 1));
    assertTrue(refused().contains("there are more"));
  }

  @Test
  void refusesDamagedCompression() throws IOException {
    byte[] whole = gzip(idx(251, 10, 28, 28));
    for (int length : new int[] {5, 30, whole.length / 2, whole.length - 4}) {
      write("t10k-images-idx3-ubyte.gz", Arrays.copyOf(whole, length));
      assertTrue(refused().contains("truncated"), refused());
    }
    byte[] checksum = whole.clone();
    checksum[whole.length - 7] ^= 1;
    write("t10k-images-idx3-ubyte.gz", checksum);
    assertTrue(refused().contains("not a sound gzip file"), refused());
    write("t10k-images-idx3-ubyte.gz", idx(251, 10, 28, 28));
    assertTrue(refused().contains("not a sound gzip file"), refused());
  }

  @Test
  void refusesAbsurdClaimsBeforeAllocating() throws IOException {
    byte[] liar = idx(251, 1, 28, 28);
    for (int[] claim : new int[][] {{70_000, 28, 28}, {2_000_000, 28, 28}, {-1, 28, 28}}) {
      ByteBuffer.wrap(liar).putInt(4, claim[0]);
      write("train-images-idx3-ubyte", liar);
      assertTrue(refused().matches(".*(claims|expected at least 1).*"), refused());
    }
    ByteBuffer.wrap(liar).putInt(4, -1 >>> 1).putInt(8, -1 >>> 1).putInt(12, -1 >>> 1);
    write("train-images-idx3-ubyte", liar);
    assertTrue(refused().contains("expected less than 2 GiB"), refused());
    write("t10k-images-idx3-ubyte.gz", gzip(liar));
    write("train-images-idx3-ubyte", idx(251, 30, 28, 28));
    assertTrue(refused().contains("expected less than 2 GiB"), refused());
  }

  @Test
  void readsTheRealOne() {
    DataSplits splits = Mnist.open(TestData.require("mnist"));
    assertEquals(60_000, splits.train().size());
    assertEquals(10_000, splits.test().size());
    Normalisation normalisation = Normalisation.perChannel(splits.train());
    assertEquals(0.1307f, normalisation.mean().get(0), 5e-5f);
    assertEquals(0.3081f, normalisation.std().get(0), 5e-5f);
  }
}
