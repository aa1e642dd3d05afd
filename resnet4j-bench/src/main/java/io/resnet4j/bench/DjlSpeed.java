package io.resnet4j.bench;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.basicmodelzoo.cv.classification.ResNetV1;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures DJL with its PyTorch engine as a user of DJL would run it, in f32: training of its own
 * ResNetV1, and inference of a network that PyTorch traced. Prints one line of JSON with the fields
 * of the other peers.
 */
@Command(
    name = "djl",
    description = "Measures DJL with its PyTorch engine on the CPU.",
    mixinStandardHelpOptions = true)
final class DjlSpeed implements Callable<Integer> {
  private static final String ENGINE = "PyTorch";

  @Option(names = "--layers", description = "depth of DJL's ResNetV1, for training")
  private int layers = 50;

  @Option(names = "--torchscript", description = "a traced network: measures its inference")
  private @Nullable Path traced;

  @Option(names = "--batch", description = "pictures a step")
  private int batch = 32;

  @Option(names = "--input", description = "CxHxW")
  private String input = "3x224x224";

  @Option(names = "--classes", description = "classes of the head, for training")
  private int classes = 1000;

  @Option(names = "--threads", description = "threads within an operation")
  private int threads = 2;

  @Option(names = "--warmup", description = "steps before measuring")
  private int warmUp = 5;

  @Option(names = "--steps", description = "measured steps")
  private int steps = 20;

  private interface Step {
    void run() throws TranslateException;
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new DjlSpeed()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    Path file = traced;
    double[] seconds = file == null ? train() : infer(file);
    Arrays.sort(seconds);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("peer", "djl");
    result.put("version", Engine.getEngine(ENGINE).getVersion());
    result.put("batch", batch);
    result.put("precision", "f32");
    result.put("mode", file == null ? "train" : "infer");
    result.put("threads", threads);
    result.put("images_per_s_median", batch / median(seconds));
    result.put("images_per_s_best", batch / seconds[0]);
    result.put("peak_rss_bytes", peakResidentBytes());
    print(result);
    return 0;
  }

  private static void print(Map<String, Object> result) throws JsonProcessingException {
    System.out.println(new ObjectMapper().writeValueAsString(result));
  }

  private static double median(double[] sorted) {
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private Shape shape() {
    long[] dimensions = Stream.of(input.split("x")).mapToLong(Long::parseLong).toArray();
    return new Shape(dimensions);
  }

  private double[] time(Step step) throws TranslateException {
    double[] seconds = new double[steps];
    for (int i = -warmUp; i < steps; i++) {
      long begin = System.nanoTime();
      step.run();
      if (i >= 0) {
        seconds[i] = (System.nanoTime() - begin) * 1e-9;
      }
    }
    return seconds;
  }

  /** Forward, softmax cross-entropy, backward, SGD with momentum and weight decay. */
  private double[] train() throws TranslateException {
    try (Model model = Model.newInstance("resnet" + layers, ENGINE)) {
      model.setBlock(
          ResNetV1.builder()
              .setImageShape(shape())
              .setNumLayers(layers)
              .setOutSize(classes)
              .build());
      Optimizer sgd =
          Optimizer.sgd()
              .setLearningRateTracker(Tracker.fixed(0.01f))
              .optMomentum(0.9f)
              .optWeightDecays(1e-4f)
              .build();
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
              .optOptimizer(sgd)
              .optDevices(new Device[] {Device.cpu()});
      Shape batchShape = new Shape(batch).addAll(shape());
      try (Trainer trainer = model.newTrainer(config);
          NDManager data = trainer.getManager().newSubManager()) {
        trainer.initialize(batchShape);
        NDArray images = data.randomNormal(batchShape);
        NDArray labels = data.arange(batch).mod(classes).toType(DataType.INT64, false);
        return time(() -> trainingStep(trainer, images, labels));
      }
    }
  }

  private static void trainingStep(Trainer trainer, NDArray images, NDArray labels) {
    try (NDManager step = trainer.getManager().newSubManager()) {
      NDArray x = images.duplicate();
      x.attach(step);
      try (GradientCollector gradients = trainer.newGradientCollector()) {
        NDList logits = trainer.forward(new NDList(x), new NDList(labels));
        NDArray loss = trainer.getLoss().evaluate(new NDList(labels), logits);
        gradients.backward(loss);
        if (Float.isNaN(loss.getFloat())) {
          throw new IllegalStateException("the loss is not a number: the run did not train");
        }
      }
      trainer.step();
    }
  }

  private double[] infer(Path file) throws Exception {
    try (Model model = Model.newInstance("traced", ENGINE)) {
      model.load(file.toAbsolutePath().getParent(), file.getFileName().toString());
      try (NDManager data = NDManager.newBaseManager(Device.cpu(), ENGINE);
          Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator(null))) {
        NDArray images = data.randomNormal(new Shape(batch).addAll(shape()));
        return time(
            () -> {
              NDList logits = predictor.predict(new NDList(images));
              logits.singletonOrThrow().toFloatArray();
              logits.close();
            });
      }
    }
  }

  /** The process's highest resident memory; 0 where the system does not say. */
  private static long peakResidentBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    }
  }
}
