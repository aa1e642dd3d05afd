package io.resnet4j.app.serve;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.function.Consumer;

/** What {@code /metrics} tells. Labels take values of the server's own only, never a caller's. */
final class Metrics {
  static final String TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  private static final double[] SECONDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30
  };
  private static final double[] PICTURES = {1, 2, 4, 8, 16, 32, 64, 128};

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter requests =
      Counter.builder()
          .name("resnet4j_requests_total")
          .help("Requests answered, by route and status.")
          .labelNames("route", "status")
          .register(registry);
  private final Histogram latency =
      Histogram.builder()
          .name("resnet4j_request_seconds")
          .unit(Unit.SECONDS)
          .help("From a request's first line until its answer was handed over.")
          .labelNames("route")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .register(registry);
  private final Gauge inFlight =
      Gauge.builder()
          .name("resnet4j_requests_in_flight")
          .help("Requests that have begun and are not answered.")
          .register(registry);
  private final Histogram batches =
      Histogram.builder()
          .name("resnet4j_batch_pictures")
          .help("Pictures in a batch.")
          .labelNames("model")
          .classicOnly()
          .classicUpperBounds(PICTURES)
          .register(registry);
  private final Histogram batchSeconds =
      Histogram.builder()
          .name("resnet4j_batch_seconds")
          .unit(Unit.SECONDS)
          .help("What a batch took the engine.")
          .labelNames("model")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .register(registry);
  private final Counter loads =
      Counter.builder()
          .name("resnet4j_model_loads_total")
          .help("Attempts to load a version of a model.")
          .labelNames("model", "outcome")
          .register(registry);
  private final Counter failures =
      Counter.builder()
          .name("resnet4j_failures_total")
          .help("Requests that failed for reasons of the server's own: its faults.")
          .register(registry);

  /** Adds a number that is asked for when it is told. */
  void gauge(
      String name, String help, String label, Consumer<GaugeWithCallback.Callback> callback) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames(label)
        .callback(callback)
        .register(registry);
  }

  void began() {
    inFlight.inc();
  }

  void answered(String route, int status, double seconds) {
    inFlight.dec();
    requests.labelValues(route, Integer.toString(status)).inc();
    latency.labelValues(route).observe(seconds);
  }

  void ranBatch(String model, int pictures, Duration took) {
    batches.labelValues(model).observe(pictures);
    batchSeconds.labelValues(model).observe(took.toNanos() * 1e-9);
  }

  void loaded(String model, boolean well) {
    loads.labelValues(model, well ? "loaded" : "refused").inc();
  }

  void failed() {
    failures.inc();
  }

  byte[] text() {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      PrometheusTextFormatWriter.create().write(out, registry.scrape());
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
