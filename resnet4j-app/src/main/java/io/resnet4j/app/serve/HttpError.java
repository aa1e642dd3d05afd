package io.resnet4j.app.serve;

/** A request that is answered with a status other than 200 and a sentence. */
final class HttpError extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final long retryAfterSeconds;

  HttpError(int status, String message) {
    this(status, message, 0);
  }

  HttpError(int status, String message, long retryAfterSeconds) {
    super(message, null, false, false);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  static HttpError badRequest(String message) {
    return new HttpError(400, message);
  }

  static HttpError busy(String message, long retryAfterSeconds) {
    return new HttpError(429, message, Math.max(1, retryAfterSeconds));
  }

  int status() {
    return status;
  }

  /** 0 where coming again makes no sense. */
  long retryAfterSeconds() {
    return retryAfterSeconds;
  }
}
