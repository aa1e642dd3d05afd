package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.app.serve.Repository;
import io.resnet4j.app.serve.ServeOptions;
import io.resnet4j.app.serve.Server;
import io.resnet4j.infer.BatchLimits;
import io.resnet4j.infer.Explanation;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.TrainedModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code serve}. */
@picocli.CommandLine.Command(
    description =
        "Answers over HTTP: Open Inference Protocol v2, POST /predict for pictures, a page at /,"
            + " Prometheus metrics at /metrics. Ends in good order at Ctrl-C or SIGTERM.")
final class ServeCommand extends Command {
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** Held, because the JDK forgets the level of a logger that nobody holds. */
  private static final Logger JETTY = Logger.getLogger("org.eclipse.jetty");

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      converter = WeightsFile.class,
      description = "Weights of one model.")
  private @Nullable Path weights;

  @Option(
      names = "--model",
      paramLabel = "M",
      description = "With --weights: the network, where the file does not say it.")
  private @Nullable String model;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "With --weights: what requests call the model (default: its network's name).")
  private @Nullable String name;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "A folder of models, as NAME/VERSION/model.safetensors, watched for changes.")
  private @Nullable Path models;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Address to listen on (default: ${DEFAULT-VALUE}, this machine only).")
  private String host = "";

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8080",
      description = "Port; 0 for any that is free (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--precision",
      paramLabel = "P",
      description = "f32, bf16 or, for quantised weights, int8 (default: f32, or int8 for these).")
  private @Nullable String precision;

  @Mixin private EngineOptions engine = new EngineOptions();

  @Option(
      names = "--max-batch",
      paramLabel = "N",
      defaultValue = "16",
      description = "Most pictures that run at once, a power of two (default: ${DEFAULT-VALUE}).")
  private int maxBatch;

  @Option(
      names = "--latency-budget-ms",
      paramLabel = "N",
      defaultValue = "5",
      description =
          "How long a picture that had to queue may be held back to fill a batch (default:"
              + " ${DEFAULT-VALUE}).")
  private int budgetMillis;

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "64",
      description =
          "Most pictures of a model that may wait; beyond that the answer is 429 (default:"
              + " ${DEFAULT-VALUE}).")
  private int queue;

  @Option(
      names = "--timeout-ms",
      paramLabel = "N",
      defaultValue = "30000",
      description =
          "Longest time for a request, its body included (default: ${DEFAULT-VALUE}); a request may"
              + " ask for less by X-Request-Timeout-Ms. The head of a connection's first request"
              + " may take as long, at most 30000.")
  private long timeoutMillis;

  @Option(
      names = "--max-bytes",
      paramLabel = "N",
      defaultValue = "33554432",
      description = "Largest body of a request (default: ${DEFAULT-VALUE}).")
  private int maxBytes;

  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      defaultValue = "40000000",
      description = "Largest picture (default: ${DEFAULT-VALUE}).")
  private int maxPixels;

  @Option(
      names = "--drain-seconds",
      paramLabel = "N",
      defaultValue = "30",
      description = "How long requests may take to end at a stop (default: ${DEFAULT-VALUE}).")
  private long drainSeconds;

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "Keys, a line each; requests must bring one.")
  private @Nullable Path apiKeys;

  @Option(names = "--tls-cert", paramLabel = "FILE", description = "Certificate chain in PEM.")
  private @Nullable Path certificate;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "Its key in PEM (PKCS#8).")
  private @Nullable Path key;

  @Option(
      names = "--explain",
      paramLabel = "on|off|NAMES",
      defaultValue = "on",
      description =
          "Which explanations requests may ask for: all, none, or names with commas between them"
              + " (default: ${DEFAULT-VALUE}). An occlusion costs as much as 197 predictions.")
  private String explain = "";

  @Option(
      names = "--model-control",
      paramLabel = "on|off",
      description =
          "Whether requests may load and unload models (default: on where only this machine"
              + " reaches the server or keys are asked for, else off).")
  private @Nullable String modelControl;

  @Option(
      names = "--allowed-host",
      paramLabel = "NAME",
      description =
          "A name by which requests may call the server, beside its address; can be given several"
              + " times. Without it a server that only this machine reaches answers to localhost"
              + " and --host, another to every name.")
  private List<String> allowedHosts = List.of();

  @Option(
      names = "--access-log",
      paramLabel = "on|off",
      defaultValue = "on",
      description =
          "A line of JSON on standard error for each request (default: ${DEFAULT-VALUE}).")
  private String accessLog = "";

  @Override
  int run(Console console) {
    engine.requireThreads();
    boolean logs = Choices.onOff("--access-log", accessLog);
    if ((weights == null) == (models == null)) {
      throw new InvalidInputException(
          "serve: give either --weights FILE or --models DIR"
              + (weights == null ? "" : ", not both"));
    }
    if (weights == null && (name != null || model != null)) {
      throw new InvalidInputException("--name, --model: only together with --weights");
    }
    BatchLimits limits = new BatchLimits(maxBatch, Duration.ofMillis(budgetMillis), queue);
    Consumer<byte[]> access = logs ? console::line : line -> {};
    JETTY.setLevel(console.verbose() ? Level.INFO : Level.WARNING);
    ServeOptions options = options();
    warnIfOpen(options, console);
    try (Interruption interruption =
            Interruption.handled(console, "stopping: what has begun is answered first");
        Server server = Server.open(options);
        Repository repository = repository(limits, console)) {
      CountDownLatch stop = new CountDownLatch(1);
      interruption.stopBy(stop::countDown);
      server.start(repository, Main.version(), access, console::warn);
      repository.watch(LOOK);
      console.result("serving on " + server.address());
      stop.await();
      server.drain();
      return Main.OK;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Main.FAILED;
    }
  }

  private static void warnIfOpen(ServeOptions options, Console console) {
    if (options.apiKeys().isPresent() || options.loopback()) {
      return;
    }
    console.warn(
        "--host "
            + options.host()
            + " without --api-key-file: whoever reaches this address may ask the models"
            + (options.modelControl() ? ", load and unload them" : "")
            + "; give keys, or let nobody else reach it");
  }

  private ServeOptions options() {
    if ((certificate == null) != (key == null)) {
      throw new InvalidInputException("--tls-cert, --tls-key: give both or neither");
    }
    Optional<ServeOptions.Tls> tls =
        certificate == null || key == null
            ? Optional.empty()
            : Optional.of(new ServeOptions.Tls(certificate, key));
    ServeOptions defaults = ServeOptions.defaults();
    return new ServeOptions(
        host,
        port,
        maxBytes,
        Math.max(defaults.mostBytesTogether(), maxBytes),
        maxPixels,
        Duration.ofMillis(timeoutMillis),
        Duration.ofSeconds(drainSeconds),
        Optional.ofNullable(apiKeys),
        tls,
        new ServeOptions.Allowed(
            explanations(),
            Optional.ofNullable(modelControl).map(given -> Choices.onOff("--model-control", given)),
            Set.copyOf(allowedHosts)));
  }

  private Set<Explanation> explanations() {
    return switch (explain.toLowerCase(Locale.ROOT)) {
      case "on" -> Set.of(Explanation.values());
      case "off" -> Set.of();
      default ->
          Arrays.stream(explain.split(",", -1))
              .map(name -> Explanation.named(name.strip()))
              .collect(Collectors.toSet());
    };
  }

  private Repository repository(BatchLimits limits, Console console) {
    Function<Path, Predictor> opener =
        file ->
            WeightsOptions.open(
                WeightsOptions.prepared(
                    file, NetworkOptions.load(file, model, null), console::info),
                precision,
                engine);
    if (models != null) {
      return Repository.ofFolder(models, opener, limits, console::info);
    }
    Path file = weights;
    if (file == null) {
      throw new IllegalStateException("neither --weights nor --models");
    }
    String called = name == null ? nameOf(file) : name;
    return Repository.ofFile(called, file, opener, limits, console::info);
  }

  private String nameOf(Path file) {
    TrainedModel loaded = NetworkOptions.load(file, model, null);
    return loaded.spec().name().replaceAll("[^A-Za-z0-9._-]", "-");
  }
}
