package io.resnet4j.fetch;

import io.resnet4j.InvalidInputException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file that somebody publishes.
 *
 * @param name what it is called in the cache; a plain file name
 * @param addresses where it is published, http or https, in the order in which they are tried
 * @param size in bytes, where that is published
 * @param checksum where one is published
 */
public record PublishedFile(
    String name, List<URI> addresses, @Nullable Long size, @Nullable Checksum checksum) {
  // Letters, digits and a few signs are file names everywhere; a leading dot would hide the file.
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}");

  /**
   * @throws InvalidInputException if the name is not plain, or an address is missing or not one of
   *     http or https
   */
  public PublishedFile {
    addresses = List.copyOf(addresses);
    if (!PLAIN.matcher(name).matches()) {
      throw new InvalidInputException(
          "published file '" + name + "': expected a plain file name of letters, digits, . _ + -");
    }
    if (addresses.isEmpty() || (size != null && size < 0)) {
      throw new InvalidInputException(
          "published file " + name + ": expected an address, and no negative size");
    }
    addresses.forEach(PublishedFile::requireUsable);
  }

  /**
   * A file at {@code address}, called what the address ends in.
   *
   * @throws InvalidInputException if that is not an http or https address of a file
   */
  public static PublishedFile at(String address, @Nullable Checksum checksum) {
    URI uri;
    try {
      uri = new URI(address);
    } catch (URISyntaxException e) {
      throw new InvalidInputException(address + ": not an address: " + e.getReason(), e);
    }
    requireUsable(uri);
    String path = uri.getPath();
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (!PLAIN.matcher(name).matches()) {
      throw new InvalidInputException(
          address + ": does not end in a plain file name; expected something like .../name.pth");
    }
    return new PublishedFile(name, List.of(uri), null, checksum);
  }

  /** This file as a mirror has it: at {@code base} under its own name. */
  PublishedFile mirroredAt(URI base) {
    String folder = base.toString();
    URI address = URI.create(folder + (folder.endsWith("/") ? "" : "/") + name);
    return new PublishedFile(name, List.of(address), size, checksum);
  }

  static void requireUsable(URI address) {
    String scheme = address.getScheme();
    boolean web = "https".equalsIgnoreCase(scheme) || "http".equalsIgnoreCase(scheme);
    if (!web || address.getHost() == null || address.getUserInfo() != null) {
      throw new InvalidInputException(
          address + ": expected an address such as https://host/file, without a user name");
    }
  }
}
