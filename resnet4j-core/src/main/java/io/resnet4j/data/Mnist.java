package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * MNIST and its kin in idx files (LeCun, Cortes and Burges, yann.lecun.com/exdb/mnist): {@code
 * train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte}, {@code t10k-images-idx3-ubyte}, {@code
 * t10k-labels-idx1-ubyte}, each plain or with {@code .gz}. Pictures are 1x28x28 and have 10
 * classes.
 *
 * <p>Fashion-MNIST (Xiao, Rasul and Vollgraf 2017) has the same file names and sizes; its class
 * names are given where the folder's path says {@code fashion}.
 */
public final class Mnist {
  private static final int CLASSES = 10;
  private static final int LARGEST_SIDE = 4096;
  private static final List<String> FASHION =
      List.of(
          "T-shirt/top",
          "trouser",
          "pullover",
          "dress",
          "coat",
          "sandal",
          "shirt",
          "sneaker",
          "bag",
          "ankle boot");

  private Mnist() {}

  /**
   * The four files in {@code folder}, or in its {@code raw} where torchvision puts them.
   *
   * @throws InvalidInputException if a file is missing, truncated, corrupt or of another format, if
   *     pictures and labels differ in number, or if a label is above 9
   */
  public static DataSplits open(Path folder) {
    Path at = locate(DataFiles.requireFolder(folder, "MNIST's idx files"));
    boolean fashion =
        at.toAbsolutePath().normalize().toString().toLowerCase(Locale.ROOT).contains("fashion");
    String name = fashion ? "Fashion-MNIST" : "MNIST";
    List<String> classes = fashion ? FASHION : DataFiles.numbers(CLASSES);
    return DataSplits.of(
        name,
        read(at, "train", name + " train", classes),
        read(at, "t10k", name + " test", classes),
        at);
  }

  /** Whether {@code folder} looks like one that {@link #open} reads. */
  static boolean isAt(Path folder) {
    return find(locate(folder), "train", "images", 3) != null;
  }

  private static Path locate(Path folder) {
    for (String below : List.of("raw", "MNIST/raw", "FashionMNIST/raw")) {
      Path candidate = folder.resolve(below);
      if (find(candidate, "train", "images", 3) != null) {
        return candidate;
      }
    }
    return folder;
  }

  private static Dataset read(Path folder, String part, String name, List<String> classes) {
    Path imageFile = require(folder, part, "images", 3);
    Path labelFile = require(folder, part, "labels", 1);
    Idx labels = Idx.read(labelFile, 1);
    Idx images = Idx.read(imageFile, 3);
    int count = images.dimension(0);
    if (labels.dimension(0) != count) {
      throw new InvalidInputException(
          imageFile
              + ": "
              + count
              + " pictures, but "
              + labelFile.getFileName()
              + " has "
              + labels.dimension(0)
              + " labels; expected as many; the files are of different sets");
    }
    int height = images.dimension(1);
    int width = images.dimension(2);
    if (height > LARGEST_SIDE || width > LARGEST_SIDE) {
      throw new InvalidInputException(
          imageFile + ": pictures of " + height + "x" + width + ", expected 28x28");
    }
    short[] classOf = new short[count];
    for (int i = 0; i < count; i++) {
      int label = labels.bytes()[i] & 0xff;
      if (label >= classes.size()) {
        throw new InvalidInputException(
            labelFile
                + ": picture "
                + i
                + " has label "
                + label
                + ", expected 0 to "
                + (classes.size() - 1)
                + "; is this MNIST or Fashion-MNIST?");
      }
      classOf[i] = (short) label;
    }
    return new MemoryDataset(
        name, new PictureSize(1, height, width), classes, images.bytes(), classOf);
  }

  private static Path require(Path folder, String part, String what, int rank) {
    Path file = find(folder, part, what, rank);
    if (file == null) {
      throw new InvalidInputException(
          folder
              + ": no "
              + names(part, what, rank).get(0)
              + " (or the same with .gz); expected MNIST's four idx files");
    }
    return file;
  }

  private static @Nullable Path find(Path folder, String part, String what, int rank) {
    for (String name : names(part, what, rank)) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }

  private static List<String> names(String part, String what, int rank) {
    List<String> names = new ArrayList<>();
    for (String separator : List.of("-", ".")) {
      String plain = part + "-" + what + separator + "idx" + rank + "-ubyte";
      names.add(plain);
      names.add(plain + ".gz");
    }
    return names;
  }
}
