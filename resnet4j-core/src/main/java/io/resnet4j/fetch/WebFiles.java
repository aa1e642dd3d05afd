package io.resnet4j.fetch;

import io.resnet4j.InvalidInputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Small files of the web, whole in memory and kept nowhere; asked for once. Redirects are followed
 * to http and https only, and never from the one that is protected to the other. Safe for use by
 * many threads.
 */
public final class WebFiles {
  private final FetchOptions options;
  private final long mostBytes;
  private final Duration patience;
  private final Http http;

  /**
   * @param options proxies, and the longest time to a connection and without a byte
   * @param mostBytes what a file may have at most
   * @param patience the longest time for a whole file
   */
  public WebFiles(FetchOptions options, long mostBytes, Duration patience) {
    this.options = options;
    this.mostBytes = mostBytes;
    this.patience = patience;
    this.http = new Http(options);
  }

  /**
   * The content of what {@code address} leads to.
   *
   * @throws InvalidInputException if that is no address of http or https, the server has no such
   *     file or gives it to nobody, or it is too large
   * @throws UncheckedIOException if the network or the server fails, or takes too long
   */
  public byte[] read(String address) {
    try {
      URI uri = new URI(address);
      PublishedFile.requireUsable(uri);
      return read(uri);
    } catch (URISyntaxException e) {
      throw new InvalidInputException(address + ": not an address: " + e.getReason(), e);
    } catch (Refusal e) {
      throw new InvalidInputException(address + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          address + ": cannot be fetched", new IOException(address + ": " + Words.failure(e), e));
    }
  }

  private byte[] read(URI address) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    try (Http.Answer answer = http.open(address, 0, null)) {
      if (answer.status() != Http.OK) {
        String words = "the server answers with status " + answer.status();
        throw answer.status() >= 500 ? new IOException(words) : new Refusal(words);
      }
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      @Nullable List<ByteBuffer> piece;
      while ((piece = answer.body().next(options.stall())) != null) {
        for (ByteBuffer buffer : piece) {
          if (whole.size() + (long) buffer.remaining() > mostBytes) {
            throw new Refusal("more than " + Words.bytes(mostBytes));
          }
          byte[] bytes = new byte[buffer.remaining()];
          buffer.get(bytes);
          whole.write(bytes);
        }
        if (System.nanoTime() - deadline > 0) {
          throw new IOException("not whole after " + Words.seconds(patience));
        }
      }
      return whole.toByteArray();
    }
  }
}
