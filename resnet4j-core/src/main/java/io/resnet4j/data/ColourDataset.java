package io.resnet4j.data;

import java.util.List;

/** Grey pictures as red, green and blue alike. */
final class ColourDataset implements Dataset {
  private static final int COLOURS = 3;

  private final Dataset grey;

  ColourDataset(Dataset grey) {
    this.grey = grey;
  }

  @Override
  public String name() {
    return grey.name();
  }

  @Override
  public int size() {
    return grey.size();
  }

  @Override
  public int channels() {
    return COLOURS;
  }

  @Override
  public int height() {
    return grey.height();
  }

  @Override
  public int width() {
    return grey.width();
  }

  @Override
  public List<String> classes() {
    return grey.classes();
  }

  @Override
  public int label(int index) {
    return grey.label(index);
  }

  @Override
  public String title(int index) {
    return grey.title(index);
  }

  @Override
  public int resize() {
    return grey.resize();
  }

  @Override
  public void picture(int index, byte[] chw) {
    grey.picture(index, chw);
    int plane = height() * width();
    for (int c = 1; c < COLOURS; c++) {
      System.arraycopy(chw, 0, chw, c * plane, plane);
    }
  }
}
