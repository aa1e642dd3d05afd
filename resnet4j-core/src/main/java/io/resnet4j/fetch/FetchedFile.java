package io.resnet4j.fetch;

import java.nio.file.Path;

/**
 * A file in the cache.
 *
 * @param path where it is
 * @param bytes its size
 * @param sha256 of all of it, 64 hex digits
 * @param verified whether that agrees with a published checksum; false where there is none
 * @param cached whether it was there already
 */
public record FetchedFile(Path path, long bytes, String sha256, boolean verified, boolean cached) {}
