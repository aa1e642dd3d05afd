package io.resnet4j.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Several views of each picture of another data set, next to each other. */
final class ViewsDataset extends DatasetView {
  private final Views views;
  private final int size;

  /** A loader asks for the views of a picture one after the other, so it is decoded once. */
  private volatile @Nullable Seen last;

  private record Seen(int picture, List<Picture> views) {}

  ViewsDataset(Dataset source, Views views) {
    super(source);
    this.views = views;
    this.size = Math.multiplyExact(source.size(), views.count());
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int label(int index) {
    return source.label(index / views.count());
  }

  @Override
  public boolean inMemory() {
    return false;
  }

  @Override
  public void picture(int index, byte[] chw) {
    int picture = index / views.count();
    Seen seen = last;
    if (seen == null || seen.picture != picture) {
      seen = new Seen(picture, views.of(source.whole(picture), height(), width(), source.resize()));
      last = seen;
    }
    seen.views.get(index % views.count()).copyTo(chw);
  }
}
