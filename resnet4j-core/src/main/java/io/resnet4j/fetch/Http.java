package io.resnet4j.fetch;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Asks for a file, or the rest of one, and follows redirects. */
final class Http {
  static final int OK = 200;
  static final int PARTIAL = 206;
  static final int RANGE_NOT_SATISFIABLE = 416;
  private static final int MOST_REDIRECTS = 10;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  /** What an address answered; the body is the caller's to close. */
  record Answer(URI address, int status, HttpHeaders headers, Body body) implements AutoCloseable {
    Optional<String> header(String name) {
      return headers.firstValue(name);
    }

    /** What {@code If-Range} may name: a strong entity tag, else the time of the last change. */
    @Nullable String validator() {
      return header("ETag")
          .filter(tag -> !tag.startsWith("W/"))
          .or(() -> header("Last-Modified"))
          .orElse(null);
    }

    @Override
    public void close() {
      body.close();
    }
  }

  private final HttpClient client;
  private final FetchOptions options;

  Http(FetchOptions options) {
    this.options = options;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            // One file over one connection gains nothing from HTTP/2.
            .version(HttpClient.Version.HTTP_1_1)
            // Followed here: where to, and how often, is to be told.
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(options.connect())
            .proxy(options.proxies());
    options.proxies().authenticator().ifPresent(builder::authenticator);
    client = builder.build();
  }

  /**
   * Asks {@code address} for what follows the first {@code from} bytes.
   *
   * @param validator of the version that those bytes are of, if known
   * @throws Refusal if redirects lead nowhere or to less safety
   * @throws IOException if the network fails
   */
  Answer open(URI address, long from, @Nullable String validator) throws IOException {
    URI at = address;
    for (int hops = 0; hops <= MOST_REDIRECTS; hops++) {
      HttpResponse<Body> response = send(at, from, validator);
      if (!REDIRECTS.contains(response.statusCode())) {
        return new Answer(at, response.statusCode(), response.headers(), response.body());
      }
      response.body().close();
      int status = response.statusCode();
      at =
          target(
              at,
              response
                  .headers()
                  .firstValue("Location")
                  .orElseThrow(() -> new Refusal("redirect " + status + " that leads nowhere")));
    }
    throw new Refusal("more than " + MOST_REDIRECTS + " redirects, last to " + at);
  }

  private HttpResponse<Body> send(URI address, long from, @Nullable String validator)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .timeout(options.stall())
            .header("User-Agent", "resnet4j")
            .header("Accept-Encoding", "identity");
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
      if (validator != null) {
        request.header("If-Range", validator);
      }
    }
    try {
      return client.send(request.build(), answer -> new Body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } catch (SSLException e) {
      throw isDistrust(e) ? new Refusal("not trusted: " + Words.failure(e)) : e;
    }
  }

  /** A certificate that is wrong stays wrong; a broken handshake may be the network's fault. */
  private static boolean isDistrust(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof GeneralSecurityException) {
        return true;
      }
    }
    return false;
  }

  /** Where a redirect leads; never from a protected connection to an unprotected one. */
  static URI target(URI from, String location) throws Refusal {
    URI to;
    try {
      to = from.resolve(location);
      PublishedFile.requireUsable(to);
    } catch (IllegalArgumentException e) {
      throw new Refusal("redirect to '" + location + "', which is no web address");
    }
    if ("https".equalsIgnoreCase(from.getScheme()) && "http".equalsIgnoreCase(to.getScheme())) {
      throw new Refusal("redirect from https to unprotected " + to);
    }
    return to;
  }
}
