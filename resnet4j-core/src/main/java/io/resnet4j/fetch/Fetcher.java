package io.resnet4j.fetch;

import io.resnet4j.InvalidInputException;
import io.resnet4j.interop.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Fetches what the catalogue names into a cache: data sets below {@code data}, weights below {@code
 * weights}. What is there is checked and used; the network is asked for the rest only.
 *
 * <p>Every method throws {@link InvalidInputException} where the request itself cannot be granted
 * (an unknown name, nothing in the cache and no network allowed, no checksum, another file in the
 * way), and {@link java.io.UncheckedIOException} where the network, the disk or the published file
 * fails. What has arrived by then is kept and the next call goes on from there.
 */
public final class Fetcher {
  private static final String DATA = "data";
  private static final String WEIGHTS = "weights";

  /** A readme and class names may come with the files that make a set whole. */
  private static final long EXTRAS = 1 << 20;

  private final Catalogue catalogue;
  private final FetchOptions options;
  private final FetchListener listener;
  private final Downloader downloader;

  /** Fetches from {@code catalogue} as {@code options} say. */
  public Fetcher(Catalogue catalogue, FetchOptions options, FetchListener listener) {
    this.catalogue = catalogue;
    this.options = options;
    this.listener = listener;
    downloader = new Downloader(options, listener);
  }

  /** The data set called {@code name}, unpacked. */
  public FetchedData data(String name) {
    PublishedData data = catalogue.data(name);
    Path parent = options.cache().resolve(DATA).toAbsolutePath();
    Path folder = parent.resolve(data.name());
    if (data.unpacked().isEmpty()) {
      List<FetchedFile> files = new ArrayList<>();
      data.files().forEach(file -> files.add(downloader.fetch(file, folder)));
      return new FetchedData(data, folder, files, files.stream().allMatch(FetchedFile::cached));
    }
    if (isWhole(data, folder)) {
      return new FetchedData(data, folder, List.of(), true);
    }
    requireFree(folder);
    FetchedFile archive = downloader.fetch(data.files().get(0), parent);
    FetchLock lock = FetchLock.take(folder, options.lockPatience(), listener);
    try {
      if (!isWhole(data, folder)) {
        unpack(data, archive.path(), folder);
      }
      Files.deleteIfExists(archive.path());
    } catch (IOException e) {
      throw Disk.failed(folder, "unpacked", e);
    } finally {
      lock.close();
    }
    return new FetchedData(data, folder, List.of(archive), false);
  }

  /** By the sizes of its files, in the archive's own folder or without that. */
  private static boolean isWhole(PublishedData data, Path folder) {
    for (Map.Entry<String, Long> each : data.unpacked().entrySet()) {
      Path file = folder.resolve(each.getKey());
      Path flat = folder.resolve(file.getFileName());
      Path found = Files.isRegularFile(file) ? file : flat;
      if (!Files.isRegularFile(found) || Disk.size(found) != each.getValue()) {
        return false;
      }
    }
    return true;
  }

  private static void requireFree(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isPresent()) {
        throw new InvalidInputException(
            folder
                + ": holds other files, or a data set that is not whole; remove it or choose"
                + " another cache with --cache");
      }
    } catch (IOException e) {
      throw Disk.failed(folder, "looked at", e);
    }
  }

  /** Unpacks aside and renames, so that the folder is whole or not there. */
  private void unpack(PublishedData data, Path archive, Path folder) throws IOException {
    listener.note("unpacking " + archive.getFileName());
    Path aside = folder.resolveSibling("." + data.name() + "." + ProcessHandle.current().pid());
    long bytes = EXTRAS + data.unpacked().values().stream().mapToLong(Long::longValue).sum();
    Disk.requireFree(archive.toAbsolutePath().getParent(), bytes);
    try {
      remove(aside);
      TarGz.unpack(archive, Disk.folder(aside), bytes);
      if (!isWhole(data, aside)) {
        throw new InvalidInputException(
            archive
                + ": does not hold "
                + String.join(", ", data.unpacked().keySet())
                + " of the sizes that "
                + data.title()
                + " has; remove it and fetch it again");
      }
      Files.deleteIfExists(folder);
      AtomicFile.move(aside, folder);
    } finally {
      remove(aside);
    }
  }

  private static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /** The weights called {@code name}, with their description and, where possible, as a model. */
  public FetchedWeights weights(String name) {
    PublishedWeights weights = catalogue.weights(name);
    List<String> classes = catalogue.classNames(weights);
    FetchedFile file = file(weights.file());
    String stem = weights.name().replace('/', '-');
    Path description = file.path().resolveSibling(stem + ".json");
    write(description, Conversion.description(weights, classes, file));
    Path converted = file.path().resolveSibling(stem + ".safetensors");
    if (!file.cached() || !Files.exists(converted)) {
      try {
        Conversion.model(weights, classes, file).ifPresent(model -> model.save(converted));
      } catch (InvalidInputException e) {
        // What was published is whole and checked all the same.
        listener.note("kept as published: " + e.getMessage());
      }
    }
    return new FetchedWeights(
        weights,
        file,
        description,
        Files.exists(converted) ? Optional.of(converted) : Optional.empty());
  }

  /** A file of weights as it is published, whatever it holds. */
  public FetchedFile file(PublishedFile file) {
    return downloader.fetch(file, options.cache().resolve(WEIGHTS).toAbsolutePath());
  }

  private static void write(Path file, String text) {
    try {
      AtomicFile.write(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw Disk.failed(file, "written", e);
    }
  }
}
