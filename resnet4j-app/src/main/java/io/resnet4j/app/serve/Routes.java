package io.resnet4j.app.serve;

import io.resnet4j.infer.Explanation;
import io.resnet4j.model.ModelSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Which address does what. */
final class Routes {
  private final Repository repository;
  private final Inference inference;
  private final PictureInference pictures;
  private final PageFiles page;
  private final ServeOptions options;
  private final boolean modelControl;
  private final Work work;
  private final String version;

  Routes(Repository repository, ServeOptions options, Work work, String version) {
    this.repository = repository;
    this.options = options;
    this.modelControl = options.modelControl();
    this.work = work;
    this.version = version;
    this.inference = new Inference(repository, work);
    this.pictures = new PictureInference(repository, options, work);
    this.page = new PageFiles();
  }

  /**
   * A kind of request.
   *
   * @param name for metrics
   * @param open whether it needs no key
   */
  record Route(String name, boolean open, String method, Action action) {}

  /** What is done. */
  interface Action {
    CompletableFuture<Answer> run(Call call);
  }

  /**
   * The route of a path.
   *
   * @throws HttpError if there is none, or it takes another method
   */
  Route find(Call call) {
    Route route = find(call.path(), call.method());
    boolean get = route.method.equals("GET") && call.method().equals("HEAD");
    if (!get && !route.method.equals(call.method())) {
      throw new HttpError(
          405, "method " + Repository.shorten(call.method()) + ": expected " + route.method);
    }
    return route;
  }

  private Route find(List<String> path, String method) {
    String first = path.isEmpty() ? "" : path.get(0);
    if (first.equals("v2")) {
      return v2(path.subList(1, path.size()), method);
    }
    if (path.size() == 1 && first.equals("predict")) {
      return new Route("predict", false, "POST", pictures::predict);
    }
    if (path.size() == 1 && first.equals("metrics")) {
      return now("metrics", false, () -> Answer.of(Metrics.TYPE, repository.metrics().text()));
    }
    if (path.size() <= 1 && page.has(first)) {
      return now("page", true, () -> page.get(first));
    }
    throw unknown(path);
  }

  private static HttpError unknown(List<String> path) {
    return new HttpError(
        404,
        "there is nothing at /"
            + Repository.shorten(String.join("/", path))
            + "; there are /, /predict, /metrics, /v2, /v2/health/live, /v2/health/ready,"
            + " /v2/models/NAME[/versions/V][/ready|/infer] and /v2/repository/index");
  }

  private Route v2(List<String> path, String method) {
    if (path.isEmpty()) {
      return now("server", false, this::server);
    }
    String whole = String.join("/", path);
    switch (whole) {
      case "health/live":
        return now("live", true, () -> Answer.json(200, Map.of("live", true)));
      case "health/ready":
        return now(
            "ready",
            true,
            () -> Answer.json(repository.ready() ? 200 : 503, Map.of("ready", repository.ready())));
      case "repository/index":
        // Waits for a load that goes on, so not on a thread of the server's.
        return new Route(
            "index",
            false,
            method.equals("GET") ? "GET" : "POST",
            call -> work.change(() -> Answer.json(200, repository.index())));
      default:
        break;
    }
    if (path.size() == 4 && whole.startsWith("repository/models/")) {
      String name = path.get(2);
      switch (path.get(3)) {
        case "load":
          return control("load", () -> repository.load(name));
        case "unload":
          return control("unload", () -> repository.unload(name));
        default:
          throw unknown(path);
      }
    }
    if (path.size() >= 2 && path.get(0).equals("models")) {
      return model(path);
    }
    throw unknown(path);
  }

  private Route model(List<String> path) {
    String name = path.get(1);
    boolean versioned = path.size() >= 4 && path.get(2).equals("versions");
    String wanted = versioned ? path.get(3) : "";
    List<String> rest = path.subList(versioned ? 4 : 2, path.size());
    return switch (String.join("/", rest)) {
      case "" -> about("model", name, wanted, () -> describe(name, wanted));
      case "ready" ->
          about(
              "model-ready",
              name,
              wanted,
              () -> Answer.json(200, Map.of("name", name, "ready", true)));
      case "infer" ->
          new Route("infer", false, "POST", call -> inference.infer(call, name, wanted));
      default -> throw unknown(path);
    };
  }

  private static Route now(String name, boolean open, Supplier<Answer> answer) {
    return new Route(name, open, "GET", call -> CompletableFuture.completedFuture(answer.get()));
  }

  private Route about(String name, String model, String version, Supplier<Answer> answer) {
    return new Route(
        name,
        false,
        "GET",
        call -> {
          call.about(repository, model, version);
          return CompletableFuture.completedFuture(answer.get());
        });
  }

  private Route control(String name, Runnable action) {
    return new Route(
        name,
        false,
        "POST",
        call -> {
          if (!modelControl) {
            throw new HttpError(
                403,
                "requests do not load or unload models on this server: start it with"
                    + " --api-key-file or --model-control on; changed files are loaded without a"
                    + " request");
          }
          return work.change(
              () -> {
                action.run();
                return Answer.json(200, Map.of());
              });
        });
  }

  private Answer server() {
    return Answer.json(
        200,
        Map.of(
            "name",
            "resnet4j",
            "version",
            version,
            "extensions",
            List.of("binary_tensor_data", "classification", "model_repository"),
            "models",
            repository.names()));
  }

  private Answer describe(String name, String version) {
    ServedModel model = repository.lease(name, version);
    try {
      ModelSpec spec = model.predictor().spec();
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("name", name);
      all.put("versions", repository.versions(name));
      all.put("platform", "resnet4j");
      all.put(
          "inputs",
          List.of(
              tensor(
                  InferRequest.INPUT, List.of(-1, spec.channels(), spec.height(), spec.width()))));
      List<Object> outputs = new ArrayList<>();
      InferRequest.OUTPUTS.forEach(
          output -> outputs.add(tensor(output, List.of(-1, spec.classes()))));
      all.put("outputs", outputs);
      all.put(
          "parameters",
          Map.of(
              "network",
              spec.name(),
              "precision",
              model.predictor().precision().toString(),
              "version",
              model.version(),
              "pictures",
              model.predictor().preprocessing().isPresent(),
              "explains_by",
              model.explainedLayer(),
              "explanations",
              options.allowed().explanations().stream().map(Explanation::toString).toList()));
      return Answer.json(200, all);
    } finally {
      model.release();
    }
  }

  private static Map<String, Object> tensor(String name, List<Integer> shape) {
    Map<String, Object> tensor = new LinkedHashMap<>();
    tensor.put("name", name);
    tensor.put("datatype", InferRequest.TYPE);
    tensor.put("shape", shape);
    return tensor;
  }
}
