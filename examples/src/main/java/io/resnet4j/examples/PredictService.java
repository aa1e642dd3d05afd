package io.resnet4j.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Pictures;
import io.resnet4j.infer.Prediction;
import io.resnet4j.infer.Predictor;
import io.resnet4j.plan.Precision;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A network inside a service of your own: {@code PredictService weights.safetensors 8080}, then
 * {@code curl --data-binary @cat.jpg http://127.0.0.1:8080/classify}. In Spring Boot the predictor
 * would be a bean, which Spring closes: {@code @Bean Predictor predictor() { return
 * Predictor.open(weights, Precision.F32); }}.
 */
public final class PredictService implements AutoCloseable {
  private static final int MOST_BYTES = 10 << 20;
  private static final int MOST_PIXELS = 25_000_000;

  private final Predictor predictor;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newFixedThreadPool(8);

  PredictService(Path weights, int port) throws IOException {
    // One predictor for the whole service: it is safe for many threads, whose runs take turns.
    predictor = Predictor.open(weights, Precision.F32);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(threads);
    server.createContext("/classify", this::classify);
    server.start();
  }

  /** Weights that know how pictures become their input, and a port. */
  public static void main(String[] arguments) throws IOException {
    PredictService service =
        new PredictService(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(service::close));
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void classify(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] file = exchange.getRequestBody().readNBytes(MOST_BYTES);
      try {
        // Decoding is where hostile bytes meet code: a limit, and one clear exception.
        List<Prediction> best =
            predictor.predict(Pictures.decode(file, "the picture", MOST_PIXELS), 1);
        answer(exchange, 200, best.get(0).label() + " " + best.get(0).probability());
      } catch (InvalidInputException e) {
        answer(exchange, 400, String.valueOf(e.getMessage()));
      }
    }
  }

  private static void answer(HttpExchange exchange, int status, String line) throws IOException {
    byte[] body = (line + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  /** In this order: no new requests, the last answers, the native memory. */
  @Override
  public void close() {
    server.stop(1);
    threads.shutdown();
    predictor.close();
  }
}
