package io.resnet4j.app.serve;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The keys of which a request must bring one; only their digests are kept. */
final class ApiKeys {
  private static final String BEARER = "Bearer ";
  private static final int SHORTEST = 16;

  private final List<byte[]> digests;

  private ApiKeys(List<byte[]> digests) {
    this.digests = digests;
  }

  /**
   * @throws InvalidInputException if the file cannot be read, holds no key or a short one
   */
  static ApiKeys read(Path file) {
    List<String> keys;
    try {
      keys =
          Files.readAllLines(file, StandardCharsets.UTF_8).stream()
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .toList();
    } catch (IOException e) {
      throw new InvalidInputException(
          "--api-key-file " + file + ": cannot be read; give a file with a key a line", e);
    }
    if (keys.isEmpty() || keys.stream().anyMatch(key -> key.length() < SHORTEST)) {
      throw new InvalidInputException(
          "--api-key-file "
              + file
              + ": expected keys of at least "
              + SHORTEST
              + " characters, a line each; 'openssl rand -hex 24' makes one");
    }
    return new ApiKeys(keys.stream().map(ApiKeys::digest).toList());
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether one of the two headers holds a key; takes as long for wrong keys as for right ones. */
  boolean allow(@Nullable String authorization, @Nullable String apiKey) {
    String given = apiKey == null ? "" : apiKey;
    // The scheme's case means nothing: RFC 9110, section 11.1.
    if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      given = authorization.substring(BEARER.length());
    }
    byte[] digest = digest(given.strip());
    boolean known = false;
    for (byte[] each : digests) {
      known |= MessageDigest.isEqual(each, digest);
    }
    return known;
  }
}
