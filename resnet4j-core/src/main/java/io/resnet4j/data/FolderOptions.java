package io.resnet4j.data;

import io.resnet4j.InvalidInputException;

/**
 * How folders of pictures are read.
 *
 * @param onBad what becomes of pictures that cannot be used
 * @param cacheBytes Java heap that decoded pictures may stay in; what does not fit is decoded anew
 *     each time
 */
public record FolderOptions(OnBad onBad, long cacheBytes) {
  /** What becomes of pictures that cannot be used. */
  public enum OnBad {
    /**
     * Files are looked at, not decoded, when the folder is opened; the first bad one ends the work,
     * there or when it is decoded.
     */
    FAIL,
    /**
     * Every file is decoded when the folder is opened, on all cores; bad ones are left out and
     * listed. So batches stay full, and an evaluation is over exactly the pictures that are told.
     */
    SKIP
  }

  /**
   * @throws InvalidInputException if the cache is negative
   */
  public FolderOptions {
    if (cacheBytes < 0) {
      throw new InvalidInputException("picture cache of " + cacheBytes + " bytes: give 0 or more");
    }
  }

  /** Fails on bad pictures, and caches in a quarter of the Java heap. */
  public static FolderOptions usual() {
    return new FolderOptions(OnBad.FAIL, Runtime.getRuntime().maxMemory() / 4);
  }
}
