package io.resnet4j.train;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A network that has learned, run on the pictures of the student's step in the same session. Where
 * its file says how its pictures were normalised, they are normalised so again for it.
 */
final class Teacher {
  static final String NAMESPACE = "teacher";

  private final Session session;
  private final Model model;
  private final Precision precision;
  private final Normalisation given;
  private final Optional<Normalisation> own;
  private final Map<Integer, Executable> plans = new HashMap<>();

  /**
   * Checks that the teacher fits the student.
   *
   * @throws InvalidInputException if it takes other pictures or tells other classes apart
   */
  Teacher(
      Session session, Model model, ModelSpec student, Precision precision, Normalisation given) {
    this.session = session;
    this.model = model;
    this.precision = precision;
    this.given = given;
    ModelSpec spec = model.spec();
    if (spec.classes() != student.classes()
        || spec.channels() != student.channels()
        || spec.height() != student.height()
        || spec.width() != student.width()) {
      throw new InvalidInputException(
          String.format(
              "teacher %s: %d classes of %dx%dx%d; expected the student's %d of %dx%dx%d",
              spec.name(),
              spec.classes(),
              spec.channels(),
              spec.height(),
              spec.width(),
              student.classes(),
              student.channels(),
              student.height(),
              student.width()));
    }
    own =
        Optional.ofNullable(model.metadata().get(Model.PREPROCESSING))
            .map(json -> PreprocessingJson.read(json, "teacher").normalisation())
            .filter(normalisation -> !normalisation.equals(given));
  }

  /** Makes the plan for a batch size. */
  void prepare(int batch) {
    boolean first = plans.isEmpty();
    plans.computeIfAbsent(
        batch,
        n ->
            session.prepare(
                Planner.plan(Program.inference(model.spec().graph(n), precision).over(NAMESPACE))));
    if (first) {
      model.state().forEach((path, tensor) -> session.write(NAMESPACE, path, tensor));
    }
  }

  /** Its logits [batch, classes] for pictures as the student gets them. */
  Tensor logits(FloatBuffer images, int batch) {
    Executable plan = plans.get(batch);
    plan.feed(ModelSpec.IMAGES, own.map(to -> renormalised(images, batch, to)).orElse(images));
    plan.run(0, 0);
    return plan.fetch(ModelSpec.LOGITS);
  }

  private FloatBuffer renormalised(FloatBuffer images, int batch, Normalisation to) {
    int channels = given.channels();
    int plane = model.spec().height() * model.spec().width();
    float[] values = new float[batch * channels * plane];
    images.get(images.position(), values);
    for (int i = 0; i < values.length; i++) {
      int sample = i % (channels * plane);
      int channel = sample / plane;
      float level = values[i] * given.std().get(channel) + mean(given, sample, channel);
      values[i] = (level - mean(to, sample, channel)) / to.std().get(channel);
    }
    return FloatBuffer.wrap(values);
  }

  private static float mean(Normalisation normalisation, int sample, int channel) {
    return normalisation.mean().get(normalisation.isPerPixel() ? sample : channel);
  }
}
