package io.resnet4j.app.serve;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server over a {@link Repository}. {@link #open} takes the port, {@link #start} begins to
 * answer, {@link #close} ends in good order: nothing new is taken, what has begun is answered.
 */
public final class Server implements AutoCloseable {
  private static final int THREADS = 32;
  private static final int CONNECTIONS = 1024;
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final int QUEUED_PARTS = 256;

  private final ServeOptions options;
  private final Optional<ApiKeys> keys;
  private final org.eclipse.jetty.server.Server jetty;
  private final ServerConnector connector;
  private @Nullable Work work;

  private Server(
      ServeOptions options,
      Optional<ApiKeys> keys,
      org.eclipse.jetty.server.Server jetty,
      ServerConnector connector) {
    this.options = options;
    this.keys = keys;
    this.jetty = jetty;
    this.connector = connector;
  }

  /**
   * Takes the port, so that what stands in the way shows before models are loaded. Connections wait
   * until {@link #start}.
   *
   * @throws InvalidInputException if the port is in use, the address is not this machine's, or the
   *     files for TLS or of keys cannot be used
   */
  public static Server open(ServeOptions options) {
    Optional<ApiKeys> keys = options.apiKeys().map(ApiKeys::read);
    QueuedThreadPool threads = new QueuedThreadPool(THREADS);
    threads.setName("resnet4j-http");
    org.eclipse.jetty.server.Server jetty = new org.eclipse.jetty.server.Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    HttpConnectionFactory plain = new HttpConnectionFactory(http);
    ServerConnector connector =
        options
            .tls()
            .map(
                tls ->
                    new ServerConnector(
                        jetty,
                        new SslConnectionFactory(TlsFiles.context(tls), plain.getProtocol()),
                        plain))
            .orElseGet(() -> new ServerConnector(jetty, plain));
    connector.setHost(options.host());
    connector.setPort(options.port());
    connector.setIdleTimeout(IDLE.toMillis());
    jetty.addConnector(connector);
    jetty.addBean(new NetworkConnectionLimit(CONNECTIONS, connector));
    jetty.setErrorHandler(Server::answerError);
    jetty.setStopTimeout(options.drain().toMillis());
    try {
      connector.open();
    } catch (IOException e) {
      throw refused(options, e);
    }
    return new Server(options, keys, jetty, connector);
  }

  private static InvalidInputException refused(ServeOptions options, IOException e) {
    String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
    boolean bind = e instanceof BindException || e.getCause() instanceof BindException;
    String where = options.host() + ":" + options.port();
    return new InvalidInputException(
        bind && String.valueOf(reason).contains("in use")
            ? where
                + ": the port is in use by another program; choose another with --port, or 0 for"
                + " any that is free"
            : where
                + ": cannot listen there ("
                + reason
                + "); check --host, and ports below 1024 need rights",
        e);
  }

  /** What Jetty itself refuses, in the protocol's form too. */
  private static boolean answerError(Request request, Response response, Callback callback) {
    Object message = request.getAttribute(ErrorHandler.ERROR_MESSAGE);
    byte[] body =
        Json.bytes(
            Map.of(
                "error",
                message == null
                    ? "this request cannot be answered (status " + response.getStatus() + ")"
                    : "not an HTTP request that can be answered: "
                        + Repository.shorten(message.toString())));
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Answer.JSON);
    response.write(true, ByteBuffer.wrap(body), callback);
    return true;
  }

  /**
   * Begins to answer.
   *
   * @param version what the server says of itself
   * @param accessLog gets a line of JSON for each request
   * @param log gets a line for each fault of the server's own
   */
  public void start(
      Repository repository, String version, Consumer<byte[]> accessLog, Consumer<String> log) {
    Work made = new Work(QUEUED_PARTS);
    work = made;
    Routes routes = new Routes(repository, options, made, version);
    Duration first = options.timeout().compareTo(IDLE) < 0 ? options.timeout() : IDLE;
    HeadLimit heads = new HeadLimit(jetty.getScheduler(), first, IDLE);
    heads.setHandler(new ServeHandler(routes, options, keys, repository.metrics(), accessLog, log));
    connector.getConnectionFactory(HttpConnectionFactory.class).addEventListener(heads);
    jetty.setHandler(new GracefulHandler(heads));
    try {
      jetty.start();
    } catch (Exception e) {
      throw new IllegalStateException("the server cannot start: " + e.getMessage(), e);
    }
  }

  /** Where it answers. */
  public URI address() {
    String host = options.host().contains(":") ? "[" + options.host() + "]" : options.host();
    return URI.create(
        (options.tls().isPresent() ? "https" : "http")
            + "://"
            + host
            + ":"
            + connector.getLocalPort());
  }

  /** Takes no more requests and waits for those that have begun. */
  public void drain() {
    try {
      connector.close();
      jetty.stop();
    } catch (Exception e) {
      // Requests that took longer than the time to drain; their connections are cut.
      Thread.interrupted();
    }
  }

  /** Drains and ends; a second call does nothing. */
  @Override
  public void close() {
    drain();
    if (work != null) {
      work.close();
    }
  }
}
