package io.resnet4j.fetch;

import java.nio.file.Path;
import java.util.List;

/**
 * A data set in the cache.
 *
 * @param data what it is
 * @param folder where it is
 * @param files what was fetched for it; empty where it was there, unpacked
 * @param cached whether all of it was there already
 */
public record FetchedData(
    PublishedData data, Path folder, List<FetchedFile> files, boolean cached) {
  /** Copies. */
  public FetchedData {
    files = List.copyOf(files);
  }

  /** What {@code --data} takes. */
  public String argument() {
    return data.name() + ":" + folder;
  }
}
