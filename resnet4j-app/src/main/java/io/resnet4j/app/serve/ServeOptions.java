package io.resnet4j.app.serve;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Pictures;
import io.resnet4j.infer.Explanation;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the server listens and what it lets in.
 *
 * @param host address to listen on
 * @param port 0 for any free one
 * @param mostBytes of a request's body
 * @param mostBytesTogether of all bodies that are read or wait at once
 * @param mostPixels of a picture
 * @param timeout for a request that names none, and the most that one may name; a body that has not
 *     arrived by then is given up, as is a new connection without a whole head
 * @param drain how long requests may take to end when the server stops
 * @param apiKeys file of keys, a line each, one of which a request must bring
 * @param tls certificate and key
 * @param allowed what callers may do
 */
public record ServeOptions(
    String host,
    int port,
    int mostBytes,
    long mostBytesTogether,
    int mostPixels,
    Duration timeout,
    Duration drain,
    Optional<Path> apiKeys,
    Optional<Tls> tls,
    Allowed allowed) {

  /**
   * Files for TLS.
   *
   * @param certificate chain in PEM, the server's own first
   * @param key unencrypted PKCS#8 in PEM
   */
  public record Tls(Path certificate, Path key) {}

  /**
   * What callers may do.
   *
   * @param explanations that they may ask for
   * @param modelControl whether they may load and unload models; empty for where they are of this
   *     machine or have a key
   * @param hosts names that they may call the server by, beside its address; where there are none,
   *     any name will do for a server that other machines reach
   */
  public record Allowed(
      Set<Explanation> explanations, Optional<Boolean> modelControl, Set<String> hosts) {
    public Allowed {
      explanations = Collections.unmodifiableSet(new TreeSet<>(explanations));
      hosts = Set.copyOf(hosts);
    }

    /** All that is safe. */
    public static Allowed defaults() {
      return new Allowed(Set.of(Explanation.values()), Optional.empty(), Set.of());
    }
  }

  /**
   * @throws InvalidInputException if a number is out of its range
   */
  public ServeOptions {
    require("--port", port, 0, 65535);
    require("--max-bytes", mostBytes, 1024, 1 << 30);
    require("--max-pixels", mostPixels, 1, Pictures.MOST_PIXELS);
    require("--timeout-ms", timeout.toMillis(), 1, 3_600_000);
    require("--drain-seconds", drain.toSeconds(), 0, 3600);
  }

  private static void require(String option, long given, long least, long most) {
    if (given < least || given > most) {
      throw new InvalidInputException(option + " " + given + ": expected " + least + " to " + most);
    }
  }

  /** Whether only this machine reaches the server. */
  public boolean loopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Whether callers may load and unload models. */
  public boolean modelControl() {
    return allowed.modelControl().orElseGet(() -> apiKeys.isPresent() || loopback());
  }

  /** Loopback, any port, 32 MiB, 40 megapixels, half a minute; no key, no TLS. */
  public static ServeOptions defaults() {
    return new ServeOptions(
        "127.0.0.1",
        0,
        32 << 20,
        256L << 20,
        40_000_000,
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        Optional.empty(),
        Optional.empty(),
        Allowed.defaults());
  }
}
