package io.resnet4j.data;

import java.util.List;

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

  /**
   * Writes picture {@code index} into the first {@code channels * height * width} bytes of {@code
   * chw}, as unsigned 8-bit planes.
   *
   * @throws io.resnet4j.InvalidInputException if the picture's file cannot be used
   */
  void picture(int index, byte[] chw);

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
