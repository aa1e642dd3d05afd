package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.nio.file.Path;
import java.util.Optional;

/** Another data set's whole pictures, resized and cut to one size. */
final class FramedDataset extends DatasetView {
  private final PictureSize size;
  private final int resize;

  FramedDataset(Dataset source, int height, int width, int resize) {
    super(source);
    this.size = new PictureSize(source.channels(), height, width);
    this.resize = resize;
    if (resize < height || resize < width) {
      throw new InvalidInputException(
          source.name()
              + ": a shorter side of "
              + resize
              + " does not cover pictures of "
              + size
              + "; resize to at least that");
    }
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public int channels() {
    return size.channels();
  }

  @Override
  public int height() {
    return size.height();
  }

  @Override
  public int width() {
    return size.width();
  }

  @Override
  public int resize() {
    return resize;
  }

  @Override
  public int label(int index) {
    return source.label(index);
  }

  @Override
  public String title(int index) {
    return source.title(index);
  }

  @Override
  public Optional<Path> file(int index) {
    return source.file(index);
  }

  @Override
  public void picture(int index, byte[] chw) {
    source.whole(index).middle(size.height(), size.width(), resize).copyTo(chw);
  }

  @Override
  public Picture whole(int index) {
    return source.whole(index);
  }

  @Override
  public Dataset framed(int height, int width, int newResize) {
    return source.framed(height, width, newResize);
  }

  @Override
  public String toString() {
    return name() + " (" + size() + " pictures as " + size + ")";
  }
}
