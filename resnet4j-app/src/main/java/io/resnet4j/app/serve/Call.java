package io.resnet4j.app.serve;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/** One request on its way: what it asks, its time, its body. */
final class Call {
  /** The header that says how many milliseconds an answer is waited for. */
  static final String TIMEOUT = "X-Request-Timeout-Ms";

  private final Request request;
  private final ServeOptions options;
  private final long began = System.nanoTime();
  private final BodyReader body;
  private final long timeoutMillis;

  private volatile String model = "";

  Call(Request request, ServeOptions options, AtomicLong allowance) {
    this.request = request;
    this.options = options;
    this.body = BodyReader.of(request, options.mostBytes(), allowance);
    this.timeoutMillis = timeoutMillis();
  }

  private long timeoutMillis() {
    @Nullable String given = header(TIMEOUT);
    long most = options.timeout().toMillis();
    if (given == null) {
      return most;
    }
    long millis = wholeNumber("header " + TIMEOUT, given);
    if (millis < 1) {
      throw HttpError.badRequest("header " + TIMEOUT + ": give at least 1 millisecond");
    }
    return Math.min(millis, most);
  }

  static long wholeNumber(String what, String text) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      throw HttpError.badRequest(
          what + " '" + Repository.shorten(text) + "' is not a whole number");
    }
  }

  String method() {
    return request.getMethod();
  }

  /** Parts of the path, without the empty one in front. */
  List<String> path() {
    String path = Request.getPathInContext(request);
    return path.equals("/") ? List.of() : List.of(path.substring(1).split("/", -1));
  }

  @Nullable String header(String name) {
    return request.getHeaders().get(name);
  }

  /** Empty if absent. */
  String contentType() {
    @Nullable String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    return type == null ? "" : type;
  }

  /** A parameter of the address; empty if absent. */
  String parameter(String name) {
    try {
      Fields fields = Request.extractQueryParameters(request);
      @Nullable String value = fields.getValue(name);
      return value == null ? "" : value;
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw HttpError.badRequest(
          "the parameters in the address cannot be read; a % stands before two hexadecimal digits,"
              + " and the bytes are UTF-8");
    }
  }

  /**
   * Notes which model the request is about, and that it is served.
   *
   * @throws HttpError as {@link Repository#lease}
   */
  void about(Repository repository, String name, String version) {
    repository.lease(name, version).release();
    model = name;
  }

  /** The name of a model that is served; empty for none, whatever the request may say. */
  String model() {
    return model;
  }

  /**
   * Reads the body and goes on with it, unpacked, in {@code where}.
   *
   * @throws HttpError if it is packed in an unknown way
   */
  <T> CompletableFuture<T> withBody(Executor where, Function<byte[], CompletableFuture<T>> then) {
    boolean packed = packed();
    return body.read(left().toMillis())
        .thenComposeAsync(bytes -> then.apply(packed ? body.unpack(bytes) : bytes), where);
  }

  private boolean packed() {
    @Nullable String encoding = request.getHeaders().get(HttpHeader.CONTENT_ENCODING);
    if (encoding == null || encoding.equalsIgnoreCase("identity")) {
      return false;
    }
    if (encoding.equalsIgnoreCase("gzip")) {
      return true;
    }
    throw new HttpError(
        415,
        "Content-Encoding "
            + Repository.shorten(encoding)
            + ": expected gzip, or send the body as it is");
  }

  int bodySize() {
    return body.size();
  }

  void release() {
    body.release();
  }

  double seconds() {
    return (System.nanoTime() - began) * 1e-9;
  }

  /** How long the answer is still wanted, by the header. */
  Duration left() {
    return left(timeoutMillis * 1000);
  }

  /** The same where the request itself names a time, whichever ends sooner. */
  Duration left(long micros) {
    long nanos = Math.min(timeoutMillis * 1000, micros) * 1000 - (System.nanoTime() - began);
    return Duration.ofNanos(Math.max(1, nanos));
  }
}
