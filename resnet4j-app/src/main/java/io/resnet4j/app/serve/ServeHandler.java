package io.resnet4j.app.serve;

import io.resnet4j.InvalidInputException;
import io.resnet4j.infer.QueueFullException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Lets requests in, answers every one in the protocol's way, whatever happens, and notes it. */
final class ServeHandler extends Handler.Abstract {
  private static final String ID = "X-Request-Id";
  private static final Pattern GOOD_ID = Pattern.compile("[A-Za-z0-9._:-]{1,64}");

  private final Routes routes;
  private final ServeOptions options;
  private final HostNames names;
  private final Optional<ApiKeys> keys;
  private final Metrics metrics;
  private final Consumer<byte[]> accessLog;
  private final Consumer<String> log;
  private final AtomicLong allowance;
  private final AtomicLong number = new AtomicLong();

  ServeHandler(
      Routes routes,
      ServeOptions options,
      Optional<ApiKeys> keys,
      Metrics metrics,
      Consumer<byte[]> accessLog,
      Consumer<String> log) {
    this.routes = routes;
    this.options = options;
    this.names = HostNames.of(options);
    this.keys = keys;
    this.metrics = metrics;
    this.accessLog = accessLog;
    this.log = log;
    this.allowance = new AtomicLong(options.mostBytesTogether());
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    metrics.began();
    Exchange exchange = new Exchange(request, response, callback);
    try {
      exchange.begin();
    } catch (RuntimeException | Error e) {
      exchange.end(null, e);
    }
    return true;
  }

  /** From the request to the line in the log. */
  private final class Exchange {
    private final Request request;
    private final Response response;
    private final Callback callback;
    private final long began = System.nanoTime();
    private final String id;
    private String route = "none";
    private @Nullable Call call;

    Exchange(Request request, Response response, Callback callback) {
      this.request = request;
      this.response = response;
      this.callback = callback;
      @Nullable String given = request.getHeaders().get(ID);
      this.id =
          given != null && GOOD_ID.matcher(given).matches()
              ? given
              : Long.toString(number.incrementAndGet());
    }

    void begin() {
      Call made = new Call(request, options, allowance);
      call = made;
      Routes.Route found = routes.find(made);
      route = found.name();
      if (!found.open()) {
        requireAllowed();
      }
      found.action().run(made).whenComplete(this::end);
    }

    private void requireAllowed() {
      @Nullable String origin = request.getHeaders().get("Origin");
      @Nullable String host = request.getHeaders().get(HttpHeader.HOST);
      if (!names.allow(host)) {
        throw new HttpError(
            403,
            "this server is not called '"
                + Repository.shorten(String.valueOf(host))
                + "': ask it by its address or as localhost, or start it with --allowed-host NAME");
      }
      if (origin != null && !names.allowPage(origin, host)) {
        throw new HttpError(
            403,
            "pages of other sites may not use this server; if it stands behind a proxy, start it"
                + " with --allowed-host and the name that people see");
      }
      if (keys.isPresent()
          && !keys.get()
              .allow(
                  request.getHeaders().get(HttpHeader.AUTHORIZATION),
                  request.getHeaders().get("X-API-Key"))) {
        throw new HttpError(
            401, "this server asks for a key: send Authorization: Bearer KEY or X-API-Key: KEY");
      }
    }

    void end(@Nullable Answer answered, @Nullable Throwable failure) {
      Answer answer = answered;
      try {
        if (answer == null) {
          answer = Answer.error(error(failure));
        }
        response.setStatus(answer.status());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, answer.type());
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.body().length);
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        response.getHeaders().put(ID, id);
        if (answer.status() == 401) {
          response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer");
        }
        answer.headers().forEach((name, value) -> response.getHeaders().put(name, value));
        Answer sent = answer;
        boolean head = request.getMethod().equals("HEAD");
        response.write(
            true,
            head ? null : ByteBuffer.wrap(answer.body()),
            Callback.from(() -> over(sent, true), gone -> over(sent, false)));
      } catch (RuntimeException | Error e) {
        log.accept("request " + id + ": cannot be answered: " + e);
        over(answer == null ? Answer.json(500, Map.of()) : answer, false);
      }
    }

    private void over(Answer answer, boolean whole) {
      if (call != null) {
        call.release();
      }
      double seconds = (System.nanoTime() - began) * 1e-9;
      metrics.answered(route, call == null ? "" : call.model(), answer.status(), seconds);
      try {
        accessLog.accept(line(answer, seconds, whole));
      } finally {
        // A body that did not come in time is still waited for: it cannot be taken here.
        if (whole && answer.status() != 408) {
          UnreadBody.discard(request, callback::succeeded);
        } else {
          callback.succeeded();
        }
      }
    }

    private byte[] line(Answer answer, double seconds, boolean whole) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("time", Instant.now().toString());
      line.put("id", id);
      line.put("remote", Request.getRemoteAddr(request));
      line.put("method", Repository.shorten(request.getMethod()));
      line.put("path", Repository.shorten(request.getHttpURI().getPath()));
      line.put("route", route);
      line.put("status", answer.status());
      line.put("bytes_in", call == null ? 0 : call.bodySize());
      line.put("bytes_out", whole ? answer.body().length : 0);
      line.put("ms", Math.round(seconds * 1e4) / 10.0);
      if (!whole) {
        line.put("broken", true);
      }
      line.putAll(answer.notes());
      return Json.bytes(line);
    }

    /** The sentence for whatever went wrong; the caller learns nothing of the server's inside. */
    private HttpError error(@Nullable Throwable thrown) {
      Throwable failure = thrown;
      while (failure instanceof CompletionException && failure.getCause() != null) {
        failure = failure.getCause();
      }
      if (failure instanceof HttpError error) {
        return error;
      }
      if (failure instanceof InvalidInputException) {
        return HttpError.badRequest(oneLine(failure));
      }
      if (failure instanceof QueueFullException full) {
        return HttpError.busy(full.getMessage(), full.retryAfter().toSeconds() + 1);
      }
      if (failure instanceof TimeoutException) {
        return new HttpError(
            504, "the answer was not ready within the request's time; allow more or come later");
      }
      metrics.failed();
      log.accept("request " + id + " failed: " + trace(failure));
      if (failure instanceof OutOfMemoryError) {
        return new HttpError(503, "too little memory for this request now; try again later", 1);
      }
      return new HttpError(
          500, "the server failed at this request; its log tells more under id " + id);
    }
  }

  private static String oneLine(Throwable failure) {
    return String.valueOf(failure.getMessage()).replaceAll("\\s*[\\r\\n]+\\s*", " ");
  }

  private static String trace(@Nullable Throwable failure) {
    if (failure == null) {
      return "no reason";
    }
    StringBuilder text = new StringBuilder(oneLine(failure));
    text.insert(0, failure.getClass().getName() + ": ");
    for (int i = 0; i < Math.min(6, failure.getStackTrace().length); i++) {
      text.append(" at ").append(failure.getStackTrace()[i]);
    }
    return text.toString();
  }
}
