package io.resnet4j.data;

import java.util.List;

/**
 * Another data set's pictures, differently chosen or shown: of the same form and classes unless a
 * view says otherwise. Which picture an index means, each view says itself.
 */
abstract class DatasetView implements Dataset {
  final Dataset source;

  DatasetView(Dataset source) {
    this.source = source;
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public int channels() {
    return source.channels();
  }

  @Override
  public int height() {
    return source.height();
  }

  @Override
  public int width() {
    return source.width();
  }

  @Override
  public int resize() {
    return source.resize();
  }

  @Override
  public List<String> classes() {
    return source.classes();
  }

  @Override
  public boolean inMemory() {
    return source.inMemory();
  }
}
