package io.resnet4j.fetch;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, taken piece by piece with a limit on the wait for each: the client's own
 * streams would wait for ever on a server that has fallen silent. At most one piece lies ready.
 */
final class Body implements HttpResponse.BodySubscriber<Body>, AutoCloseable {
  private sealed interface Event {
    record Piece(List<ByteBuffer> buffers) implements Event {}

    record End(@Nullable Throwable failure) implements Event {}
  }

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

  @Override
  public CompletionStage<Body> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription.complete(given);
    given.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    events.add(new Event.Piece(buffers));
  }

  @Override
  public void onError(Throwable failure) {
    events.add(new Event.End(failure));
  }

  @Override
  public void onComplete() {
    events.add(new Event.End(null));
  }

  /**
   * The next piece, or null at the end.
   *
   * @throws IOException if the connection breaks or nothing comes for {@code stall}
   */
  @Nullable List<ByteBuffer> next(Duration stall) throws IOException {
    @Nullable Event event;
    try {
      event = events.poll(stall.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
    if (event == null) {
      throw new IOException("nothing came for " + Words.seconds(stall));
    }
    if (event instanceof Event.Piece piece) {
      subscription.thenAccept(given -> given.request(1));
      return piece.buffers();
    }
    @Nullable Throwable failure = ((Event.End) event).failure();
    if (failure != null) {
      throw new IOException(Words.failure(failure), failure);
    }
    return null;
  }

  /** Ends the connection if the body has not ended by itself. */
  @Override
  public void close() {
    subscription.thenAccept(Flow.Subscription::cancel);
  }
}
