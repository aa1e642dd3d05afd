package io.resnet4j.app.serve;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/**
 * Reads a request's body without holding a thread, however slowly it comes. Memory grows with what
 * has arrived, not with what was announced, and all bodies share one allowance.
 */
final class BodyReader {
  private static final int FIRST = 8192;

  private final Request request;
  private final int most;
  private final AtomicLong allowance;
  private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
  private byte[] bytes = new byte[0];
  private int size;
  private long taken;

  private BodyReader(Request request, int most, AtomicLong allowance) {
    this.request = request;
    this.most = most;
    this.allowance = allowance;
  }

  /**
   * A reader of {@code request}; {@link #release} gives its memory back.
   *
   * @param allowance bytes that all bodies together may still take
   * @throws HttpError if the length announced is too much
   */
  static BodyReader of(Request request, int most, AtomicLong allowance) {
    long announced = request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
    if (announced > most) {
      throw tooLarge(most);
    }
    return new BodyReader(request, most, allowance);
  }

  private static HttpError tooLarge(int most) {
    return new HttpError(
        413, "the body is larger than the " + most + " bytes that this server takes");
  }

  /** All bytes; fails with an {@link HttpError} if they are too many or do not come in time. */
  CompletableFuture<byte[]> read(long millis) {
    go();
    return whole
        .orTimeout(Math.max(1, millis), TimeUnit.MILLISECONDS)
        .exceptionally(
            failure -> {
              if (failure instanceof TimeoutException) {
                throw new HttpError(
                    408, "the body did not arrive within the request's time; send it faster");
              }
              throw failure instanceof HttpError error
                  ? error
                  : HttpError.badRequest("the body ends too early: " + reason(failure));
            });
  }

  private static String reason(Throwable failure) {
    return failure.getMessage() == null
        ? failure.getClass().getSimpleName()
        : Repository.shorten(failure.getMessage());
  }

  private void go() {
    while (!whole.isDone()) {
      Content.Chunk chunk = request.read();
      if (chunk == null) {
        request.demand(this::go);
        return;
      }
      if (Content.Chunk.isFailure(chunk)) {
        whole.completeExceptionally(chunk.getFailure());
        return;
      }
      try {
        add(chunk);
      } catch (HttpError e) {
        whole.completeExceptionally(e);
        return;
      } finally {
        chunk.release();
      }
      if (chunk.isLast()) {
        whole.complete(size == bytes.length ? bytes : Arrays.copyOf(bytes, size));
      }
    }
  }

  private void add(Content.Chunk chunk) {
    int more = chunk.remaining();
    if (more > most - size) {
      throw tooLarge(most);
    }
    if (size + more > bytes.length) {
      long announced = request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
      long cap = announced > 0 ? announced : most;
      long wanted = Math.max(size + more, Math.min(cap, Math.max(FIRST, 2L * bytes.length)));
      take(wanted - bytes.length);
      bytes = Arrays.copyOf(bytes, (int) wanted);
    }
    chunk.getByteBuffer().get(bytes, size, more);
    size += more;
  }

  /**
   * What a body of gzip holds. What is unpacked has the same limit as a body and the same
   * allowance, so that little that holds much is refused before it fills the memory.
   *
   * @throws HttpError if it is too much, or damaged
   */
  byte[] unpack(byte[] packed) {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      byte[] unpacked = new byte[0];
      int filled = 0;
      while (true) {
        if (filled == unpacked.length) {
          // One more than allowed, to see that there is more.
          long wanted = Math.min(most + 1L, Math.max(FIRST, 2L * unpacked.length));
          take(wanted - unpacked.length);
          unpacked = Arrays.copyOf(unpacked, (int) wanted);
        }
        int more = in.read(unpacked, filled, unpacked.length - filled);
        if (more < 0) {
          return Arrays.copyOf(unpacked, filled);
        }
        filled += more;
        if (filled > most) {
          throw new HttpError(
              413, "the body unpacks to more than the " + most + " bytes that this server takes");
        }
      }
    } catch (IOException e) {
      throw HttpError.badRequest(
          "the body is not the gzip that Content-Encoding says, or it is damaged or cut short");
    }
  }

  private synchronized void take(long more) {
    if (taken < 0 || allowance.addAndGet(-more) < 0) {
      if (taken >= 0) {
        allowance.addAndGet(more);
      }
      throw HttpError.busy("the bodies of other requests fill the memory; try again later", 1);
    }
    taken += more;
  }

  /** Gives back what the body took of the allowance; a second call does nothing. */
  synchronized void release() {
    if (taken >= 0) {
      allowance.addAndGet(taken);
      taken = -1;
    }
  }

  int size() {
    return size;
  }
}
