package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.util.List;

/** Pictures of one size, all held in one array. */
final class MemoryDataset implements Dataset {
  /** The largest array that every JVM can allocate. */
  static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

  private final String name;
  private final PictureSize pictureSize;
  private final List<String> classes;
  private final byte[] pixels;
  private final short[] labels;

  /** Takes {@code pixels} and {@code labels} over without a copy; the caller forgets them. */
  MemoryDataset(
      String name, PictureSize pictureSize, List<String> classes, byte[] pixels, short[] labels) {
    this.name = name;
    this.pictureSize = pictureSize;
    this.classes = List.copyOf(classes);
    this.pixels = pixels;
    this.labels = labels;
    if (labels.length == 0) {
      throw new InvalidInputException(name + ": no pictures");
    }
    if (pixels.length != (long) labels.length * pictureSize.samples()) {
      throw new IllegalArgumentException(
          name + ": " + pixels.length + " bytes for " + labels.length + " of " + pictureSize);
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes.size()) {
        throw new InvalidInputException(
            name
                + ": picture "
                + i
                + " has label "
                + labels[i]
                + ", but there are "
                + classes.size()
                + " classes");
      }
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public int channels() {
    return pictureSize.channels();
  }

  @Override
  public int height() {
    return pictureSize.height();
  }

  @Override
  public int width() {
    return pictureSize.width();
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public boolean inMemory() {
    return true;
  }

  @Override
  public void picture(int index, byte[] chw) {
    int samples = pictureSize.samples();
    System.arraycopy(pixels, index * samples, chw, 0, samples);
  }

  @Override
  public PictureSize pictureSize() {
    return pictureSize;
  }

  @Override
  public String toString() {
    return name + " (" + size() + " pictures " + pictureSize + ", " + classes.size() + " classes)";
  }
}
