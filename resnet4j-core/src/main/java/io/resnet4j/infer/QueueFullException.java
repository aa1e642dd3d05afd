package io.resnet4j.infer;

import java.time.Duration;

/** A {@link Batcher} has no room for a request; it was not taken. */
public final class QueueFullException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Duration retryAfter;

  QueueFullException(String message, Duration retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  /** When there should be room again, as fast as pictures have been answered so far. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
