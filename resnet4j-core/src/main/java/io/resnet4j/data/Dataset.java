package io.resnet4j.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Labelled pictures, by index. Implementations are immutable and safe for use by many threads at
 * once; {@link #picture} may read and decode a file, so it is called from a loader's workers.
 */
public interface Dataset {
  /** A short name for messages and reports, such as {@code CIFAR-10 train}. */
  String name();

  /** How many pictures there are; at least one. */
  int size();

  /** Channels of every picture: 1 (grey) or 3 (red, green, blue). */
  int channels();

  /** Rows of every picture. */
  int height();

  /** Columns of every picture. */
  int width();

  /** The names of the classes; a label is a position in this list. */
  List<String> classes();

  /** The class of picture {@code index}, from 0 to {@code classes().size() - 1}. */
  int label(int index);

  /** What to call picture {@code index} in a list for people: its file, where it has one. */
  default String title(int index) {
    return name() + " " + index;
  }

  /** The file that picture {@code index} is read from, where each picture has one of its own. */
  default Optional<Path> file(int index) {
    return Optional.empty();
  }

  /** Whether pictures are held in memory, so that {@link #whole} of every one takes no time. */
  default boolean inMemory() {
    return false;
  }

  /**
   * Writes picture {@code index} into the first {@code channels * height * width} bytes of {@code
   * chw}, as unsigned 8-bit planes.
   *
   * @throws io.resnet4j.InvalidInputException if the picture's file cannot be used
   */
  void picture(int index, byte[] chw);

  /**
   * Picture {@code index} before it is made to fit: as large as its file has it, where the data set
   * keeps files; otherwise what {@link #picture} writes.
   *
   * @throws io.resnet4j.InvalidInputException if the picture's file cannot be used
   */
  default Picture whole(int index) {
    byte[] chw = new byte[pictureSize().samples()];
    picture(index, chw);
    return Picture.owning(pictureSize(), chw);
  }

  /**
   * What the shorter side of a whole picture is resized to before {@link #picture} cuts out the
   * middle.
   */
  default int resize() {
    return Math.max(height(), width());
  }

  /**
   * The same pictures in another size: the shorter side becomes {@code resize}, then the middle is
   * cut out of the whole picture.
   *
   * @throws io.resnet4j.InvalidInputException if {@code resize} is smaller than the size
   */
  default Dataset framed(int height, int width, int resize) {
    return height == height() && width == width() && resize == resize()
        ? this
        : new FramedDataset(this, height, width, resize);
  }

  /** Channels, height and width in one value. */
  default PictureSize pictureSize() {
    return new PictureSize(channels(), height(), width());
  }

  /**
   * A view of the pictures at {@code indices}, in that order; nothing is copied but the indices.
   *
   * @throws io.resnet4j.InvalidInputException if there are none
   * @throws IndexOutOfBoundsException if one of them is outside this data set
   */
  default Dataset subset(int[] indices) {
    return new SubsetDataset(this, name(), indices);
  }
}
