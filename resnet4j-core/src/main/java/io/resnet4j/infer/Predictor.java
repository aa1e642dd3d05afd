package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Normaliser;
import io.resnet4j.data.Picture;
import io.resnet4j.data.PictureSize;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.data.Views;
import io.resnet4j.graph.Graph;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.TrainedModel;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A trained network ready to answer. Any number of pictures runs as batches of 1, 2, 4, ... up to
 * {@value #LARGEST_BATCH}: so few plans serve every count, none is padded, and they are prepared
 * when first needed. Batch norm uses running statistics.
 *
 * <p>Safe for use by many threads: runs take turns. {@link #close} frees all native memory; after
 * it every method that runs the network throws {@link IllegalStateException}.
 */
public final class Predictor implements AutoCloseable {
  /** The most pictures that run at once. */
  public static final int LARGEST_BATCH = 128;

  private static final int PROFILE_RUNS = 9;

  private final TrainedModel model;
  private final ModelSpec spec;
  private final Precision precision;
  private final Session session;
  private final Optional<Preprocessing> preprocessing;
  private final List<String> labels;
  private final PictureSize size;

  /** Guarded by this predictor, as is the session. */
  private final Map<Integer, Executable> plans = new HashMap<>();

  /** Guarded likewise: what others than the answers need, by a name of theirs. */
  private final Map<String, Executable> others = new HashMap<>();

  private boolean closed;

  private Predictor(TrainedModel model, Precision precision, Backend backend) {
    this.model = model;
    this.spec = model.spec();
    this.precision = precision;
    this.size = new PictureSize(spec.channels(), spec.height(), spec.width());
    this.labels =
        model
            .classNames()
            .orElseGet(
                () -> IntStream.range(0, spec.classes()).mapToObj(Integer::toString).toList());
    this.preprocessing =
        Optional.ofNullable(model.metadata().get(Model.PREPROCESSING))
            .map(json -> PreprocessingJson.read(json, "model " + spec.name()));
    preprocessing.ifPresent(this::requireFits);
    if (!backend.precisions().contains(precision)) {
      throw new InvalidInputException(
          "precision "
              + precision
              + ": backend "
              + backend.name()
              + " offers "
              + backend.precisions()
              + " on this machine");
    }
    this.session = backend.open();
  }

  /**
   * Opens a model that {@link Model#save} wrote, on the default backend.
   *
   * @throws InvalidInputException if the file cannot be used or the precision is not offered
   */
  public static Predictor open(Path file, Precision precision) {
    return open(Model.load(file), precision);
  }

  /** Opens {@code model} on the default backend. */
  public static Predictor open(TrainedModel model, Precision precision) {
    return open(model, precision, Backends.named(Backends.DEFAULT));
  }

  /**
   * Opens {@code model} on the default backend for pictures that are prepared as told here,
   * whatever the model says: for weights of other tools, which do not say it.
   *
   * @throws InvalidInputException if it makes pictures of another size than the model takes, or the
   *     precision is not offered
   */
  public static Predictor open(
      TrainedModel model, Precision precision, Preprocessing preprocessing) {
    String told = PreprocessingJson.write(preprocessing);
    return open(model.withMetadata(Model.PREPROCESSING, told), precision);
  }

  /**
   * Opens {@code model} on {@code backend}; the plan for one picture is prepared at once, so that
   * what cannot work fails here.
   *
   * @throws InvalidInputException if the precision is not offered, there is too little memory, or
   *     the model's metadata cannot be read
   */
  public static Predictor open(TrainedModel model, Precision precision, Backend backend) {
    Predictor predictor = new Predictor(model, precision, backend);
    try {
      predictor.load();
      return predictor;
    } catch (RuntimeException | Error e) {
      predictor.close();
      throw e;
    }
  }

  private synchronized void load() {
    plan(1);
    model.state().forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
  }

  private Executable plan(int batch) {
    return plans.computeIfAbsent(
        batch, n -> session.prepare(Planner.plan(Program.inference(model.graph(n), precision))));
  }

  /**
   * Prepares the plans for batches of up to {@code pictures} and runs each once, so that no later
   * answer waits for that.
   *
   * @throws InvalidInputException if there is too little memory
   */
  public void prepare(int pictures) {
    int largest = Math.min(Integer.highestOneBit(Math.max(1, pictures)), LARGEST_BATCH);
    FloatBuffer zeros = FloatBuffer.allocate(Math.multiplyExact(largest, size.samples()));
    for (int batch = largest; batch >= 1; batch /= 2) {
      run(zeros, batch);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "predictor of " + spec.name() + ": it is closed; open a new one");
    }
  }

  /** Puts other tensors in place of some of the network's, for all runs from now on. */
  synchronized void overwrite(Map<String, Tensor> state) {
    requireOpen();
    state.forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
  }

  /** The network. */
  public ModelSpec spec() {
    return spec;
  }

  /** The graph that it runs, for so many pictures. */
  Graph graph(int batch) {
    return model.graph(batch);
  }

  /** What it computes with. */
  public Precision precision() {
    return precision;
  }

  /** Names of the classes in the order of the logits; their indices where none are known. */
  public List<String> labels() {
    return labels;
  }

  /** How pictures become the model's input, where the model says so. */
  public Optional<Preprocessing> preprocessing() {
    return preprocessing;
  }

  private Preprocessing requirePreprocessing() {
    return preprocessing.orElseThrow(
        () ->
            new InvalidInputException(
                "model "
                    + spec.name()
                    + ": does not say how pictures become its input; give it a preprocessing in"
                    + " its metadata"));
  }

  void requireFits(Preprocessing given) {
    if (!given.pictureSize().equals(size)) {
      throw new InvalidInputException(
          "model "
              + spec.name()
              + ": takes pictures of "
              + size
              + ", the preprocessing makes "
              + given.pictureSize());
    }
  }

  /**
   * The likeliest classes of a picture of any size, best first.
   *
   * @param top how many at most
   * @throws InvalidInputException if the model has no preprocessing or {@code top} is below 1
   */
  public List<Prediction> predict(Picture picture, int top) {
    return predict(requirePreprocessing().levels(picture), top);
  }

  /**
   * The same for several pictures, which run in batches.
   *
   * @return a list per picture, in their order
   */
  public List<List<Prediction>> predict(List<Picture> pictures, int top) {
    return predict(pictures, top, Views.CENTRE);
  }

  /**
   * The same, averaging the probabilities of several views of each picture.
   *
   * @return a list per picture, in their order
   */
  public List<List<Prediction>> predict(List<Picture> pictures, int top, Views views) {
    int atOnce = LARGEST_BATCH / views.count();
    List<List<Prediction>> all = new ArrayList<>();
    for (int from = 0; from < pictures.size(); from += atOnce) {
      int count = Math.min(atOnce, pictures.size() - from);
      FloatBuffer images = inputs(pictures.subList(from, from + count), views);
      all.addAll(best(logits(images, count * views.count()), views, top));
    }
    return all;
  }

  /**
   * Pictures as the model takes them, such as {@link #logits} and {@link Features} want them. Calls
   * of several threads run at once, so that decoding need not wait for computing.
   *
   * @return [count,views,C,H,W], normalised
   * @throws InvalidInputException if the model has no preprocessing
   */
  public FloatBuffer inputs(List<Picture> pictures, Views views) {
    Preprocessing known = requirePreprocessing();
    Normaliser normaliser = new Normaliser(known.normalisation(), size);
    FloatBuffer images =
        FloatBuffer.allocate(Math.multiplyExact(pictures.size() * views.count(), size.samples()));
    for (Picture picture : pictures) {
      known.levels(picture, views).forEach(levels -> normaliser.apply(levels, images));
    }
    return images.flip();
  }

  /**
   * The likeliest classes of a picture that already has the model's size.
   *
   * @param levels unsigned 8-bit planes [C,H,W]
   * @param top how many at most
   * @throws InvalidInputException if the model has no preprocessing, the picture another size, or
   *     {@code top} is below 1
   */
  public List<Prediction> predict(byte[] levels, int top) {
    Preprocessing known = requirePreprocessing();
    if (levels.length != size.samples()) {
      throw new InvalidInputException(
          "picture of " + levels.length + " bytes; model " + spec.name() + " takes " + size);
    }
    FloatBuffer image = FloatBuffer.allocate(size.samples());
    new Normaliser(known.normalisation(), size).apply(levels, image);
    return predict(image.flip(), top);
  }

  /**
   * The likeliest classes of one normalised input.
   *
   * @param image [C,H,W] from the buffer's position on
   * @param top how many at most
   */
  public List<Prediction> predict(FloatBuffer image, int top) {
    return rank(logits(image, 1), 1, top).get(0);
  }

  /**
   * Logits of normalised inputs.
   *
   * @param images [count,C,H,W] from the buffer's position on, which stays as it is
   * @param count how many
   * @return [count,K], row-major
   * @throws InvalidInputException if the buffer holds fewer pictures or there is too little memory
   */
  public float[] logits(FloatBuffer images, int count) {
    float[] logits = new float[Math.multiplyExact(Math.max(0, count), spec.classes())];
    inBatches(
        images,
        count,
        (some, from, batch) -> {
          float[] each = run(some, batch);
          System.arraycopy(each, 0, logits, from * spec.classes(), each.length);
        });
    return logits;
  }

  /** Runs one batch of several. */
  @FunctionalInterface
  interface BatchRun {
    /**
     * Runs the pictures {@code from} to {@code from + batch}.
     *
     * @param images [batch,C,H,W] from the buffer's position on
     */
    void run(FloatBuffer images, int from, int batch);
  }

  /** Cuts any number of pictures into the batches that there are plans for. */
  void inBatches(FloatBuffer images, int count, BatchRun run) {
    if (count < 0 || images.remaining() < (long) count * size.samples()) {
      throw new InvalidInputException(
          "images: the buffer holds "
              + images.remaining()
              + " numbers; expected "
              + count
              + " pictures of "
              + size);
    }
    FloatBuffer from = images.duplicate();
    for (int done = 0; done < count; ) {
      int batch = Math.min(Integer.highestOneBit(count - done), LARGEST_BATCH);
      run.run(from, done, batch);
      from.position(from.position() + batch * size.samples());
      done += batch;
    }
  }

  private synchronized float[] run(FloatBuffer images, int batch) {
    requireOpen();
    Executable plan = plan(batch);
    plan.feed(ModelSpec.IMAGES, images);
    plan.run(0, 0);
    return plan.fetch(ModelSpec.LOGITS).toFloats();
  }

  /**
   * Seconds that each node takes for one batch, by path: the median of several runs.
   *
   * @param images [batch,C,H,W]
   * @param batch pictures at once
   */
  public synchronized Map<String, Double> profile(FloatBuffer images, int batch) {
    requireOpen();
    Executable plan = plan(batch);
    plan.feed(ModelSpec.IMAGES, images);
    double[] seconds = plan.medianTimes(PROFILE_RUNS);
    Map<String, Double> byPath = new LinkedHashMap<>();
    for (int i = 0; i < seconds.length; i++) {
      byPath.merge(plan.steps().get(i).path(), seconds[i], Double::sum);
    }
    return byPath;
  }

  /**
   * Uses a plan beside those that answer, when it is the caller's turn.
   *
   * @param name under which the plan is kept
   * @param program what it does, where it is not there yet
   * @param use runs it and takes what it wants
   */
  synchronized <T> T with(String name, Supplier<Program> program, Function<Executable, T> use) {
    requireOpen();
    return use.apply(
        others.computeIfAbsent(name, n -> session.prepare(Planner.plan(program.get()))));
  }

  /**
   * The likeliest classes by the logits of several pictures, averaging over views.
   *
   * @param logits [count,views,K]
   * @param top how many at most
   * @return a list per picture, in their order, best first
   * @throws InvalidInputException if {@code top} is below 1 or the logits are not those of whole
   *     pictures
   * @throws IllegalStateException if they are not finite
   */
  public List<List<Prediction>> best(float[] logits, Views views, int top) {
    int each = views.count() * spec.classes();
    if (logits.length % each != 0) {
      throw new InvalidInputException(
          logits.length + " logits; model " + spec.name() + " has " + each + " for each picture");
    }
    int count = logits.length / each;
    return rank(Logits.average(logits, count, views.count(), spec.classes()), count, top);
  }

  /**
   * The likeliest classes by the logits of one picture, best first.
   *
   * @param logits [K]
   * @param top how many at most
   * @throws InvalidInputException if {@code top} is below 1 or there are not K logits
   * @throws IllegalStateException if they are not finite
   */
  public List<Prediction> best(float[] logits, int top) {
    if (logits.length != spec.classes()) {
      throw new InvalidInputException(
          logits.length + " logits; model " + spec.name() + " has " + spec.classes() + " classes");
    }
    return rank(logits, 1, top).get(0);
  }

  private List<List<Prediction>> rank(float[] logits, int rows, int top) {
    if (top < 1) {
      throw new InvalidInputException("top " + top + ": give the number of classes, at least 1");
    }
    List<List<Prediction>> all = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      double[] share = Logits.softmax(logits, row, spec.classes());
      for (double p : share) {
        if (Double.isNaN(p)) {
          throw new IllegalStateException(
              "model "
                  + spec.name()
                  + ": its logits are not finite numbers; its weights or the input are damaged");
        }
      }
      all.add(
          IntStream.range(0, share.length)
              .boxed()
              .sorted(Comparator.comparingDouble(k -> -share[k]))
              .limit(top)
              .map(k -> new Prediction(k, labels.get(k), share[k]))
              .toList());
    }
    return all;
  }

  /**
   * Accuracy and loss over a data set, with the model's own preprocessing.
   *
   * @param batch pictures that are read at once
   * @throws InvalidInputException if the model has no preprocessing, or the data set other pictures
   *     or classes than the model
   */
  public Evaluation evaluate(Dataset data, int batch) {
    return evaluate(data, requirePreprocessing(), batch);
  }

  /** Accuracy and loss over a data set, normalised as {@code with} says. */
  public Evaluation evaluate(Dataset data, Preprocessing with, int batch) {
    return evaluate(data, with, batch, Views.CENTRE);
  }

  /**
   * The same, averaging the probabilities of several views of each picture.
   *
   * @throws InvalidInputException as without views
   */
  public Evaluation evaluate(Dataset data, Preprocessing with, int batch, Views views) {
    Tally tally = new Tally(spec.classes());
    answer(data, with, batch, views, tally::add);
    return tally.evaluation();
  }

  /**
   * The logits of every picture of a data set, to be looked at from many sides: {@link Assessment}.
   *
   * @throws InvalidInputException as {@link #evaluate(Dataset, Preprocessing, int, Views)}, or if
   *     they pass 2^31 numbers
   */
  public Answers answers(Dataset data, Preprocessing with, int batch, Views views) {
    Answers.Builder all = new Answers.Builder(data.size(), spec.classes());
    answer(data, with, batch, views, all::add);
    return all.build();
  }

  /** Takes the answers to some pictures. */
  @FunctionalInterface
  private interface Taker {
    void take(float[] logits, int[] labels, int count);
  }

  private void answer(Dataset data, Preprocessing with, int batch, Views views, Taker taker) {
    requireFits(with);
    with.check(data);
    requireClasses(data);
    Loader.Options options =
        Loader.Options.evaluation(
            Math.min(Math.max(1, batch / views.count()), data.size()) * views.count(),
            with.normalisation());
    try (Loader loader = new Loader(views.over(data), options)) {
      for (Batch seen : loader.epoch(0)) {
        float[] logits = logits(seen.images(), seen.size());
        int count = seen.size() / views.count();
        taker.take(
            Logits.average(logits, count, views.count(), spec.classes()),
            Logits.labels(seen.labels(), count, views.count()),
            count);
      }
    }
  }

  /** Classes in another order would give a wrong accuracy in silence. */
  private void requireClasses(Dataset data) {
    boolean same =
        model
            .classNames()
            .map(names -> names.equals(data.classes()))
            .orElse(data.classes().size() == spec.classes());
    if (!same) {
      throw new InvalidInputException(
          data.name()
              + ": its "
              + data.classes().size()
              + " classes are not the "
              + spec.classes()
              + " of model "
              + spec.name()
              + "; use the kind of data it was trained on");
    }
  }

  /** Frees everything; a second call does nothing. */
  @Override
  public synchronized void close() {
    closed = true;
    plans.clear();
    others.clear();
    session.close();
  }
}
