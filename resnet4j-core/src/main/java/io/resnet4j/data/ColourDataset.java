package io.resnet4j.data;

import java.nio.file.Path;
import java.util.Optional;

/** Grey pictures as red, green and blue alike. */
final class ColourDataset extends DatasetView {
  private static final int COLOURS = 3;

  ColourDataset(Dataset grey) {
    super(grey);
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public int channels() {
    return COLOURS;
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
    source.picture(index, chw);
    int plane = height() * width();
    for (int c = 1; c < COLOURS; c++) {
      System.arraycopy(chw, 0, chw, c * plane, plane);
    }
  }
}
