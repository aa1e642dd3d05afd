package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** A selection of another data set's pictures. */
final class SubsetDataset extends DatasetView {
  private final String name;
  private final int[] indices;

  SubsetDataset(Dataset source, String name, int[] indices) {
    super(source);
    this.name = name;
    this.indices = indices.clone();
    if (indices.length == 0) {
      throw new InvalidInputException(name + ": a subset needs at least one picture");
    }
    for (int index : this.indices) {
      Objects.checkIndex(index, source.size());
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public int label(int index) {
    return source.label(indices[index]);
  }

  @Override
  public String title(int index) {
    return source.title(indices[index]);
  }

  @Override
  public Optional<Path> file(int index) {
    return source.file(indices[index]);
  }

  @Override
  public void picture(int index, byte[] chw) {
    source.picture(indices[index], chw);
  }

  @Override
  public Picture whole(int index) {
    return source.whole(indices[index]);
  }

  @Override
  public String toString() {
    return name + " (" + size() + " of " + source.size() + " pictures)";
  }
}
