package io.resnet4j.fetch;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A server on the loopback interface that answers each path by a script and notes every request.
 */
final class LocalServer implements AutoCloseable {
  /** One answer. */
  interface Reply {
    void to(HttpExchange exchange) throws IOException;
  }

  /** A request that came: what was asked for and from which byte on. */
  record Request(String uri, String range, String ifRange) {}

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, Deque<Reply>> scripts = new HashMap<>();
  private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch closed = new CountDownLatch(1);

  LocalServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** The answers to requests for {@code path}, in order; the last is given again and again. */
  LocalServer on(String path, Reply... replies) {
    synchronized (scripts) {
      scripts.put(path, new ArrayDeque<>(Arrays.asList(replies)));
    }
    return this;
  }

  URI address(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  int port() {
    return server.getAddress().getPort();
  }

  List<Request> requests() {
    return List.copyOf(requests);
  }

  private void handle(HttpExchange exchange) throws IOException {
    Headers headers = exchange.getRequestHeaders();
    requests.add(
        new Request(
            exchange.getRequestURI().toString(),
            String.valueOf(headers.getFirst("Range")),
            String.valueOf(headers.getFirst("If-Range"))));
    Reply reply;
    synchronized (scripts) {
      Deque<Reply> script = scripts.get(exchange.getRequestURI().getPath());
      reply =
          script == null ? status(404) : script.size() > 1 ? script.removeFirst() : script.peek();
    }
    try (exchange) {
      reply.to(exchange);
    }
  }

  static Reply status(int status, String... headers) {
    return exchange -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(status, -1);
    };
  }

  /** All of {@code bytes}, whatever was asked for. */
  static Reply whole(byte[] bytes) {
    return begins(bytes, bytes.length, null);
  }

  /** A server that knows ranges and, if {@code etag} is not null, versions. */
  static Reply ranged(byte[] bytes, String etag) {
    return ranged(bytes, etag, true);
  }

  /** A server that knows ranges but does not heed {@code If-Range}. */
  static Reply careless(byte[] bytes, String etag) {
    return ranged(bytes, etag, false);
  }

  private static Reply ranged(byte[] bytes, String etag, boolean heedful) {
    return exchange -> {
      String range = exchange.getRequestHeaders().getFirst("Range");
      String condition = exchange.getRequestHeaders().getFirst("If-Range");
      if (etag != null) {
        exchange.getResponseHeaders().set("ETag", etag);
      }
      if (range == null || (heedful && condition != null && !condition.equals(etag))) {
        send(exchange, 200, bytes, bytes.length, bytes.length);
        return;
      }
      int from = Integer.parseInt(range.replaceAll("\\D", ""));
      if (from >= bytes.length) {
        exchange.getResponseHeaders().set("Content-Range", "bytes */" + bytes.length);
        exchange.sendResponseHeaders(416, -1);
        return;
      }
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
      byte[] rest = Arrays.copyOfRange(bytes, from, bytes.length);
      send(exchange, 206, rest, rest.length, rest.length);
    };
  }

  /** Claims all of {@code bytes}, breaks off after {@code count}. */
  static Reply begins(byte[] bytes, int count, String etag) {
    return exchange -> {
      if (etag != null) {
        exchange.getResponseHeaders().set("ETag", etag);
      }
      send(exchange, 200, bytes, bytes.length, count);
    };
  }

  /** Claims all of {@code bytes}, falls silent after {@code count}. */
  Reply stalls(byte[] bytes, int count, String etag) {
    return exchange -> {
      exchange.getResponseHeaders().set("ETag", etag);
      exchange.sendResponseHeaders(200, bytes.length);
      OutputStream out = exchange.getResponseBody();
      out.write(bytes, 0, count);
      out.flush();
      try {
        closed.await(20, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    };
  }

  private static void send(HttpExchange exchange, int status, byte[] bytes, long claimed, int count)
      throws IOException {
    exchange.sendResponseHeaders(status, claimed);
    OutputStream out = exchange.getResponseBody();
    out.write(bytes, 0, count);
    out.flush();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
