package io.resnet4j.app.serve;

import io.resnet4j.infer.Batcher;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** {@code POST /v2/models/NAME[/versions/V]/infer}. */
final class Inference {
  private final Repository repository;
  private final Work work;

  Inference(Repository repository, Work work) {
    this.repository = repository;
    this.work = work;
  }

  CompletableFuture<Answer> infer(Call call, String name, String version) {
    @Nullable String length = call.header(InferAnswer.HEADER);
    int header =
        length == null
            ? -1
            : (int)
                Math.max(
                    0, Math.min(Integer.MAX_VALUE, Call.wholeNumber(InferAnswer.HEADER, length)));
    // Who asks for what is not there hears of it before sending the body.
    call.about(repository, name, version);
    return call.withBody(
        work.requests(),
        body -> repository.leased(name, version, model -> answer(call, model, body, header)));
  }

  private CompletableFuture<Answer> answer(Call call, ServedModel model, byte[] body, int header) {
    InferRequest request = InferRequest.read(body, header, model.predictor().spec());
    return model
        .submit(
            request.images(),
            request.count(),
            call.left(request.timeoutMicros().orElse(Long.MAX_VALUE / 1000)))
        .thenApplyAsync(
            done -> InferAnswer.of(request, model, done.logits()).noting(notes(model, done)),
            work.answers());
  }

  static Map<String, Object> notes(ServedModel model, Batcher.Answer done) {
    return Map.of(
        "model",
        model.name(),
        "version",
        model.version(),
        "waited_ms",
        done.waited().toNanos() / 1000 / 1e3,
        "batch",
        done.largestBatch());
  }
}
