package io.resnet4j.fetch;

import io.resnet4j.InvalidInputException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How files are fetched.
 *
 * @param cache the folder where they are kept
 * @param offline whether only what is there already may be used
 * @param unverified whether files without a published checksum are accepted
 * @param mirror a folder on the web that has every file under its own name, in place of the
 *     official addresses; checksums stay
 * @param proxies which proxy leads where
 * @param connect the longest time to a connection
 * @param stall the longest time without a byte
 * @param attempts failures in a row, without a byte gained, after which an address is given up
 * @param backOff the wait after the first failure; it doubles with each further one
 * @param lockPatience the longest wait for another process that fetches the same file
 */
public record FetchOptions(
    Path cache,
    boolean offline,
    boolean unverified,
    @Nullable URI mirror,
    Proxies proxies,
    Duration connect,
    Duration stall,
    int attempts,
    Duration backOff,
    Duration lockPatience) {
  /** At least one attempt, times above zero. */
  public FetchOptions {
    if (attempts < 1 || connect.isNegative() || connect.isZero() || stall.toMillis() < 1) {
      throw new InvalidInputException("fetch: expected an attempt and times above zero");
    }
    if (mirror != null) {
      PublishedFile.requireUsable(mirror);
    }
  }

  /** As everybody wants it: half a minute of patience, four attempts, proxies as usual. */
  public static FetchOptions of(Path cache, Map<String, String> environment) {
    return new FetchOptions(
        cache,
        false,
        false,
        null,
        Proxies.of(environment),
        Duration.ofSeconds(20),
        Duration.ofSeconds(30),
        4,
        Duration.ofSeconds(1),
        Duration.ofMinutes(30));
  }

  /** These options without any use of the network, or with it. */
  public FetchOptions withOffline(boolean nowOffline) {
    return new FetchOptions(
        cache,
        nowOffline,
        unverified,
        mirror,
        proxies,
        connect,
        stall,
        attempts,
        backOff,
        lockPatience);
  }

  /** These options, accepting files that nothing vouches for, or not. */
  public FetchOptions withUnverified(boolean nowUnverified) {
    return new FetchOptions(
        cache,
        offline,
        nowUnverified,
        mirror,
        proxies,
        connect,
        stall,
        attempts,
        backOff,
        lockPatience);
  }

  /** These options with a mirror. */
  public FetchOptions withMirror(@Nullable URI newMirror) {
    return new FetchOptions(
        cache,
        offline,
        unverified,
        newMirror,
        proxies,
        connect,
        stall,
        attempts,
        backOff,
        lockPatience);
  }

  /** These options with other limits of patience. */
  public FetchOptions withPatience(
      Duration newConnect, Duration newStall, int newAttempts, Duration newBackOff) {
    return new FetchOptions(
        cache,
        offline,
        unverified,
        mirror,
        proxies,
        newConnect,
        newStall,
        newAttempts,
        newBackOff,
        lockPatience);
  }
}
