package io.resnet4j.fetch;

import io.resnet4j.InvalidInputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A published data set: either one {@code .tar.gz} to unpack, or files that are used as they are.
 *
 * @param name what {@code download} and {@code --data} call it
 * @param title what people call it
 * @param page where it is described
 * @param licence what its publisher says of its use
 * @param files what to fetch
 * @param unpacked path within the archive to size in bytes of each file that makes the set whole;
 *     empty where nothing is to be unpacked
 */
public record PublishedData(
    String name,
    String title,
    String page,
    String licence,
    List<PublishedFile> files,
    Map<String, Long> unpacked) {
  /** Copies; an archive is one file. */
  public PublishedData {
    files = List.copyOf(files);
    unpacked = Collections.unmodifiableMap(new LinkedHashMap<>(unpacked));
    if (files.isEmpty() || (!unpacked.isEmpty() && files.size() != 1)) {
      throw new InvalidInputException(
          "published data " + name + ": expected one archive, or files that need no unpacking");
    }
  }
}
