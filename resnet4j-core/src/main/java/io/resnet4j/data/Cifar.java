package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-10 and CIFAR-100 in their original binary formats (Krizhevsky, "Learning multiple layers of
 * features from tiny images", 2009; www.cs.toronto.edu/~kriz/cifar.html).
 *
 * <p>A CIFAR-10 record is 1 byte of label and 3,072 bytes of picture; a CIFAR-100 record is 1 byte
 * of coarse label, 1 byte of fine label and the picture. A picture is 32x32, the red plane first,
 * then green, then blue, each row by row. A file is records and nothing else.
 */
public final class Cifar {
  private static final PictureSize SIZE = new PictureSize(3, 32, 32);
  private static final int CHUNK_RECORDS = 256;
  private static final List<String> CIFAR10_CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
  static final String CIFAR10_FOLDER = "cifar-10-batches-bin";
  static final String CIFAR100_FOLDER = "cifar-100-binary";

  /** Which of the two labels of a CIFAR-100 record is the class. */
  public enum Labels {
    /** The 100 classes. */
    FINE,
    /** The 20 superclasses. */
    COARSE
  }

  private Cifar() {}

  /**
   * CIFAR-10 from {@code data_batch_1.bin} to {@code data_batch_5.bin} and {@code test_batch.bin}
   * in {@code folder} or its {@code cifar-10-batches-bin}; the class names come from {@code
   * batches.meta.txt} where that is present.
   *
   * @throws InvalidInputException if a file is missing, truncated, of another format or holds a
   *     label above 9
   */
  public static DataSplits open10(Path folder) {
    String contents = "CIFAR-10's data_batch_1.bin to data_batch_5.bin and test_batch.bin";
    Path at = inside(DataFiles.requireFolder(folder, contents), CIFAR10_FOLDER);
    Path meta = at.resolve("batches.meta.txt");
    List<String> classes = Files.exists(meta) ? DataFiles.classNames(meta, 10) : CIFAR10_CLASSES;
    Path[] train = new Path[5];
    for (int i = 0; i < train.length; i++) {
      train[i] = at.resolve("data_batch_" + (i + 1) + ".bin");
    }
    return DataSplits.of(
        "CIFAR-10",
        read("CIFAR-10 train", classes, 1, 0, train),
        read("CIFAR-10 test", classes, 1, 0, at.resolve("test_batch.bin")),
        at);
  }

  /**
   * CIFAR-100 from {@code train.bin} and {@code test.bin} in {@code folder} or its {@code
   * cifar-100-binary}; the class names come from {@code fine_label_names.txt} or {@code
   * coarse_label_names.txt} and are numbers where that file is absent.
   *
   * @throws InvalidInputException if a file is missing, truncated, of another format or holds a
   *     label outside the classes
   */
  public static DataSplits open100(Path folder, Labels labels) {
    Path at =
        inside(
            DataFiles.requireFolder(folder, "CIFAR-100's train.bin and test.bin"), CIFAR100_FOLDER);
    boolean fine = labels == Labels.FINE;
    int count = fine ? 100 : 20;
    Path names = at.resolve(fine ? "fine_label_names.txt" : "coarse_label_names.txt");
    List<String> classes =
        Files.exists(names) ? DataFiles.classNames(names, count) : DataFiles.numbers(count);
    int labelAt = fine ? 1 : 0;
    return DataSplits.of(
        fine ? "CIFAR-100" : "CIFAR-100 (superclasses)",
        read("CIFAR-100 train", classes, 2, labelAt, at.resolve("train.bin")),
        read("CIFAR-100 test", classes, 2, labelAt, at.resolve("test.bin")),
        at);
  }

  private static Path inside(Path folder, String usual) {
    Path below = folder.resolve(usual);
    return Files.isDirectory(below) ? below : folder;
  }

  private static Dataset read(
      String name, List<String> classes, int labelBytes, int labelAt, Path... files) {
    int record = labelBytes + SIZE.samples();
    int[] records = new int[files.length];
    long total = 0;
    for (int i = 0; i < files.length; i++) {
      records[i] = records(files[i], labelBytes);
      requireWhole(files, records, i);
      total += records[i];
    }
    if (total * SIZE.samples() > MemoryDataset.LARGEST_ARRAY) {
      throw new InvalidInputException(
          files[0].toAbsolutePath().getParent()
              + ": "
              + total
              + " pictures do not fit into one array of 2 GiB; "
              + name
              + " has at most 50000");
    }
    byte[] pixels = new byte[(int) total * SIZE.samples()];
    short[] labels = new short[(int) total];
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_RECORDS * record);
    int at = 0;
    for (int i = 0; i < files.length; i++) {
      try (FileChannel channel = FileChannel.open(files[i])) {
        for (int done = 0; done < records[i]; ) {
          int now = Math.min(CHUNK_RECORDS, records[i] - done);
          readFully(channel, chunk.clear().limit(now * record), files[i]);
          for (int k = 0; k < now; k++, at++, done++) {
            labels[at] =
                label(chunk.get(k * record + labelAt), classes.size(), files[i], done, labelBytes);
            chunk.get(k * record + labelBytes, pixels, at * SIZE.samples(), SIZE.samples());
          }
        }
      } catch (IOException e) {
        throw DataFiles.unreadable(files[i], e);
      }
    }
    return new MemoryDataset(name, SIZE, classes, pixels, labels);
  }

  /** A file cut off between two records shows by its neighbours: batches are of one length. */
  private static void requireWhole(Path[] files, int[] records, int last) {
    if (records[last] != records[0]) {
      throw new InvalidInputException(
          files[last]
              + ": "
              + records[last]
              + " records, expected as many as "
              + files[0].getFileName()
              + " has ("
              + records[0]
              + "); one of them is truncated, unpack them again");
    }
  }

  private static int records(Path file, int labelBytes) {
    int record = labelBytes + SIZE.samples();
    int other = 3 - labelBytes + SIZE.samples();
    String format = labelBytes == 1 ? "CIFAR-10" : "CIFAR-100";
    long length =
        DataFiles.requireFile(
            file, "expected the binary version of " + format + "; unpack all of its archive here");
    if (length > 0 && length % record == 0 && length / record <= Integer.MAX_VALUE) {
      return (int) (length / record);
    }
    String hint =
        length > 0 && length % other == 0
            ? "this fits " + (labelBytes == 1 ? "CIFAR-100" : "CIFAR-10") + "; name that one"
            : "the file is truncated or not " + format + "'s binary version; unpack it again";
    throw new InvalidInputException(
        file
            + ": "
            + length
            + " bytes, expected a multiple of "
            + record
            + " (one record); "
            + hint);
  }

  private static short label(byte raw, int classes, Path file, int record, int labelBytes) {
    int label = raw & 0xff;
    if (label >= classes) {
      throw new InvalidInputException(
          file
              + ": record "
              + record
              + " has label "
              + label
              + ", expected 0 to "
              + (classes - 1)
              + "; is this CIFAR-"
              + (labelBytes == 1 ? "10" : "100")
              + "'s binary version?");
    }
    return (short) label;
  }

  private static void readFully(FileChannel channel, ByteBuffer into, Path file)
      throws IOException {
    while (into.hasRemaining()) {
      if (channel.read(into) < 0) {
        throw new InvalidInputException(
            file + ": ended while it was being read; is something still writing it?");
      }
    }
  }
}
