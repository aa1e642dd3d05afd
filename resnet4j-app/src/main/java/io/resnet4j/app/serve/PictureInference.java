package io.resnet4j.app.serve;

import io.resnet4j.app.picture.Overlay;
import io.resnet4j.app.picture.Png;
import io.resnet4j.data.Picture;
import io.resnet4j.data.Pictures;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.infer.Explanation;
import io.resnet4j.infer.HeatMap;
import io.resnet4j.infer.Prediction;
import io.resnet4j.infer.Predictor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;
import org.eclipse.jetty.util.Promise;
import org.jspecify.annotations.Nullable;

/** {@code POST /predict}: a picture in, what it shows out. */
final class PictureInference {
  private static final int DRAWN = 448;
  private static final int MOST_PARTS = 16;

  private final Repository repository;
  private final ServeOptions options;
  private final Work work;

  PictureInference(Repository repository, ServeOptions options, Work work) {
    this.repository = repository;
    this.options = options;
    this.work = work;
  }

  /** What the address asks for. */
  private record Wish(String name, String version, int top, Optional<Explanation> explanation) {}

  CompletableFuture<Answer> predict(Call call) {
    Wish wish = wish(call);
    @Nullable String boundary = boundary(call.contentType());
    call.about(repository, wish.name, wish.version);
    return call.withBody(
        work.requests(),
        body -> {
          byte[] file = boundary == null ? body : part(body, boundary);
          return repository.leased(
              wish.name, wish.version, model -> answer(call, model, wish, file));
        });
  }

  private Wish wish(Call call) {
    String name = call.parameter("model");
    String top = call.parameter("top");
    long classes = top.isEmpty() ? 5 : Call.wholeNumber("parameter top", top);
    if (classes < 1) {
      throw HttpError.badRequest("parameter top: give the number of classes, at least 1");
    }
    String explain = call.parameter("explain");
    return new Wish(
        name.isEmpty() ? repository.onlyName() : name,
        call.parameter("version"),
        (int) Math.min(classes, Integer.MAX_VALUE),
        explain.isEmpty() ? Optional.empty() : Optional.of(allowed(Explanation.named(explain))));
  }

  private Explanation allowed(Explanation how) {
    Set<Explanation> allowed = options.allowed().explanations();
    if (!allowed.contains(how)) {
      throw new HttpError(
          403,
          "explanations by "
              + how
              + " are switched off on this server; "
              + (allowed.isEmpty() ? "ask without the parameter explain" : "use one of " + allowed)
              + ", or start it with another --explain");
    }
    return how;
  }

  /** The boundary of a form; null for a bare picture. */
  private static @Nullable String boundary(String type) {
    String lower = type.toLowerCase(Locale.ROOT);
    if (lower.startsWith("multipart/form-data")) {
      @Nullable String boundary = MultiPart.extractBoundary(type);
      if (boundary == null) {
        throw HttpError.badRequest("the form's Content-Type names no boundary");
      }
      return boundary;
    }
    if (lower.startsWith("application/json") || lower.startsWith("text/")) {
      throw new HttpError(
          415,
          "/predict takes the bytes of a picture, or a form with one; tensors go to"
              + " /v2/models/NAME/infer");
    }
    return null;
  }

  private static byte[] part(byte[] body, String boundary) {
    MultiPartFormData.Parser parser = new MultiPartFormData.Parser(boundary);
    parser.setMaxMemoryFileSize(-1);
    parser.setMaxParts(MOST_PARTS);
    parser.setUseFilesForPartsWithoutFileName(false);
    FormParts form = new FormParts();
    parser.parse(new ByteBufferContentSource(ByteBuffer.wrap(body)), form);
    try (MultiPartFormData.Parts parts = form.parts.join()) {
      List<byte[]> files = new ArrayList<>();
      for (MultiPart.Part part : parts) {
        if (part.getFileName() != null) {
          ByteBuffer bytes = Content.Source.asByteBuffer(part.getContentSource());
          byte[] file = new byte[bytes.remaining()];
          bytes.get(file);
          files.add(file);
        }
      }
      if (files.size() == 1) {
        return files.get(0);
      }
      throw HttpError.badRequest(
          "the form holds "
              + files.size()
              + " files, expected one picture; send several in several requests, which are"
              + " answered together");
    } catch (CompletionException | IOException e) {
      throw HttpError.badRequest("the form cannot be read: it is damaged or truncated");
    }
  }

  /** The form as a future; all of it is there already, so that nobody waits. */
  private static final class FormParts implements Promise.Invocable<MultiPartFormData.Parts> {
    private final CompletableFuture<MultiPartFormData.Parts> parts = new CompletableFuture<>();

    @Override
    public void succeeded(MultiPartFormData.Parts result) {
      parts.complete(result);
    }

    @Override
    public void failed(Throwable failure) {
      parts.completeExceptionally(failure);
    }
  }

  private CompletableFuture<Answer> answer(Call call, ServedModel model, Wish wish, byte[] file) {
    Predictor predictor = model.predictor();
    Preprocessing preprocessing =
        predictor
            .preprocessing()
            .orElseThrow(
                () ->
                    HttpError.badRequest(
                        "model "
                            + model.name()
                            + " does not say how pictures become its input; send tensors to"
                            + " /v2/models/"
                            + model.name()
                            + "/infer"));
    Picture picture = Pictures.decode(file, "the picture", options.mostPixels());
    FloatBuffer input = FloatBuffer.allocate(preprocessing.pictureSize().samples());
    preprocessing.write(picture, input);
    input.flip();
    return model
        .submit(input, 1, call.left())
        .thenComposeAsync(
            done -> {
              List<Prediction> best = predictor.best(done.logits(), wish.top);
              Map<String, Object> all = describe(model, best);
              CompletableFuture<Map<String, Object>> explained =
                  wish.explanation
                      .map(
                          how ->
                              work.explain(
                                  () -> explained(call, all, how, model, picture, input, best)))
                      .orElseGet(() -> CompletableFuture.completedFuture(all));
              return explained.thenApply(
                  fields -> {
                    fields.put("milliseconds", Math.round(call.seconds() * 1e4) / 10.0);
                    return Answer.json(200, fields).noting(Inference.notes(model, done));
                  });
            },
            work.answers());
  }

  private static Map<String, Object> describe(ServedModel model, List<Prediction> best) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", model.name());
    all.put("version", model.version());
    List<Object> classes = new ArrayList<>();
    for (Prediction each : best) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("class", each.label());
      one.put("index", each.index());
      one.put("probability", each.probability());
      classes.add(one);
    }
    all.put("top", classes);
    return all;
  }

  private static void requireTime(Call call) {
    if (call.left().toMillis() == 0) {
      throw new HttpError(504, "the request's time was over before its explanation was done");
    }
  }

  private static Map<String, Object> explained(
      Call call,
      Map<String, Object> all,
      Explanation how,
      ServedModel model,
      Picture picture,
      FloatBuffer input,
      List<Prediction> best) {
    HeatMap map = model.explain(how, input, best.get(0).index(), () -> requireTime(call));
    Preprocessing preprocessing = model.predictor().preprocessing().orElseThrow();
    byte[] png = Png.of(Overlay.draw(picture, preprocessing, map, DRAWN));
    all.put("explained_by", how.toString());
    all.put("heatmap", "data:image/png;base64," + Base64.getEncoder().encodeToString(png));
    return all;
  }
}
