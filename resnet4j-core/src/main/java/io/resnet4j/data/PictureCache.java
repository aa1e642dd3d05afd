package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Decoded pictures, as many as fit, shared by the sets of one source. The first ones stay: an epoch
 * asks for every picture once in a new order, so throwing out the oldest would throw out what is
 * asked for next. What is in it changes no result.
 */
final class PictureCache {
  /** Of a side to the other; beyond it nothing is left of a picture at a model's size. */
  private static final int LONGEST = 1000;

  private static final long OVERHEAD = 128;

  private final Map<Path, Picture> kept = new ConcurrentHashMap<>();
  private final AtomicLong left;

  PictureCache(long bytes) {
    left = new AtomicLong(bytes);
  }

  /**
   * The decoded file.
   *
   * @throws InvalidInputException if it cannot be used
   */
  Picture read(Path file) {
    Picture known = kept.get(file);
    if (known != null) {
      return known;
    }
    Picture picture = Pictures.read(file);
    requireShape(file, picture.size());
    long cost = picture.size().samples() + OVERHEAD;
    if (left.addAndGet(-cost) < 0 || kept.putIfAbsent(file, picture) != null) {
      left.addAndGet(cost);
    }
    return picture;
  }

  private static void requireShape(Path file, PictureSize size) {
    int shorter = Math.min(size.height(), size.width());
    int longer = Math.max(size.height(), size.width());
    if (longer > (long) LONGEST * shorter) {
      throw new InvalidInputException(
          file
              + ": "
              + size.width()
              + "x"
              + size.height()
              + " pixels are too long and thin; crop it");
    }
  }
}
