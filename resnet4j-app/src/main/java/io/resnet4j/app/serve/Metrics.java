package io.resnet4j.app.serve;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.SummaryWithCallback;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What {@code /metrics} tells. Labels take values of the server's own only, never a caller's. */
final class Metrics {
  static final String TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  private static final double[] SECONDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30
  };
  private static final double[] PICTURES = {1, 2, 4, 8, 16, 32, 64, 128};

  private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter requests =
      Counter.builder()
          .name("resnet4j_requests_total")
          .help("Requests answered; the model is empty where a request was not about one.")
          .labelNames("route", "model", "status")
          .register(registry);
  private final Histogram latency =
      Histogram.builder()
          .name("resnet4j_request_seconds")
          .unit(Unit.SECONDS)
          .help("From a request's first line until its answer was handed over.")
          .labelNames("route", "model")
          .classicOnly()
          .classicUpperBounds(SECONDS)
          .register(registry);
  private final Gauge inFlight =
      Gauge.builder()
          .name("resnet4j_requests_in_flight")
          .help("Requests that have begun and are not answered.")
          .register(registry);
  private final Histogram queueing =
      Histogram.builder()
          .name("resnet4j_queue_seconds")
          .unit(Unit.SECONDS)
          .help("From a request's arrival in a model's queue until its first batch began.")
          .labelNames("model")
          .classicOnly()
          .classicUpperBounds(SECONDS)
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

  Metrics() {
    registerProcess(registry);
  }

  /** Under the names that Prometheus' clients give them everywhere. */
  private static void registerProcess(PrometheusRegistry registry) {
    GaugeWithCallback.builder()
        .name("process_resident_memory_bytes")
        .unit(Unit.BYTES)
        .help("Memory that the process holds, where the system tells.")
        .callback(gauge -> residentBytes().ifPresent(gauge::call))
        .register(registry);
    GaugeWithCallback.builder()
        .name("jvm_memory_used_bytes")
        .unit(Unit.BYTES)
        .help("Memory that the JVM uses; networks live outside both areas.")
        .labelNames("area")
        .callback(
            gauge -> {
              gauge.call(MEMORY.getHeapMemoryUsage().getUsed(), "heap");
              gauge.call(MEMORY.getNonHeapMemoryUsage().getUsed(), "nonheap");
            })
        .register(registry);
    GaugeWithCallback.builder()
        .name("jvm_memory_max_bytes")
        .unit(Unit.BYTES)
        .help("Memory that the JVM may use; -1 where there is no limit.")
        .labelNames("area")
        .callback(
            gauge -> {
              gauge.call(MEMORY.getHeapMemoryUsage().getMax(), "heap");
              gauge.call(MEMORY.getNonHeapMemoryUsage().getMax(), "nonheap");
            })
        .register(registry);
    SummaryWithCallback.builder()
        .name("jvm_gc_collection_seconds")
        .unit(Unit.SECONDS)
        .help("Collections of garbage and the time that they took.")
        .labelNames("gc")
        .callback(
            summary ->
                ManagementFactory.getGarbageCollectorMXBeans()
                    .forEach(
                        gc ->
                            summary.call(
                                gc.getCollectionCount(),
                                gc.getCollectionTime() * 1e-3,
                                Quantiles.EMPTY,
                                gc.getName())))
        .register(registry);
  }

  /** Of Linux. */
  private static OptionalDouble residentBytes() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException e) {
      return OptionalDouble.empty();
    }
  }

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

  /**
   * @param model that is or was served, empty for none
   */
  void answered(String route, String model, int status, double seconds) {
    inFlight.dec();
    requests.labelValues(route, model, Integer.toString(status)).inc();
    latency.labelValues(route, model).observe(seconds);
  }

  void waited(String model, Duration inQueue) {
    queueing.labelValues(model).observe(inQueue.toNanos() * 1e-9);
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
