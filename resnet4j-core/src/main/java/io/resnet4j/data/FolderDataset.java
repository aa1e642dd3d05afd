package io.resnet4j.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Picture files with their classes, decoded when they are asked for. */
final class FolderDataset implements Dataset {
  /** What ImageNet's networks are evaluated on, unless {@link #framed} otherwise. */
  static final int SIDE = 224;

  static final int RESIZE = 256;

  private final String name;
  private final List<String> classes;
  private final List<Path> files;
  private final int[] labels;
  private final PictureCache cache;

  FolderDataset(
      String name, List<String> classes, List<Path> files, int[] labels, PictureCache cache) {
    this.name = name;
    this.classes = List.copyOf(classes);
    this.files = List.copyOf(files);
    this.labels = labels.clone();
    this.cache = cache;
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
    return 3;
  }

  @Override
  public int height() {
    return SIDE;
  }

  @Override
  public int width() {
    return SIDE;
  }

  @Override
  public int resize() {
    return RESIZE;
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
  public String title(int index) {
    return files.get(index).toString();
  }

  @Override
  public Optional<Path> file(int index) {
    return Optional.of(files.get(index));
  }

  @Override
  public void picture(int index, byte[] chw) {
    whole(index).middle(SIDE, SIDE, RESIZE).copyTo(chw);
  }

  @Override
  public Picture whole(int index) {
    return cache.read(files.get(index));
  }

  @Override
  public String toString() {
    return name + " (" + size() + " pictures, " + classes.size() + " classes)";
  }
}
