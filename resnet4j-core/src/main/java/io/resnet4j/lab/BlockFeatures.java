package io.resnet4j.lab;

import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Executable;
import io.resnet4j.backend.Session;
import io.resnet4j.data.Batch;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Normalisation;
import io.resnet4j.graph.Graph;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.plan.Planner;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import io.resnet4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What leaves the blocks of a network for some pictures.
 *
 * @param paths of the blocks
 * @param pooled by block, means over pixels [pictures][channels]
 * @param grams by block, centred Gram matrices of the first batch's whole features
 * @param labels of the pictures
 */
record BlockFeatures(
    List<String> paths, List<double[][]> pooled, List<double[][]> grams, int[] labels) {
  /**
   * Looks at pictures spread evenly over a data set.
   *
   * @param wanted pictures; a last batch that would not be full is left out
   * @param size of a batch
   */
  static BlockFeatures of(
      Model model, Dataset data, int wanted, int size, Normalisation normalisation) {
    int batch = Math.min(Math.min(size, wanted), data.size());
    Dataset some = Pictures.wholeBatches(data, wanted, batch);
    int count = some.size();
    Graph graph = model.spec().graph(batch);
    List<Block> blocks = Block.required(graph, model.spec().name());
    List<double[][]> pooled = new ArrayList<>();
    List<double[][]> grams = new ArrayList<>();
    blocks.forEach(block -> pooled.add(new double[count][]));
    int[] labels = new int[count];
    try (Session session = Backends.named(Backends.DEFAULT).open();
        Loader loader = new Loader(some, Loader.Options.evaluation(batch, normalisation))) {
      Executable plan =
          session.prepare(
              Planner.plan(
                  Program.inference(graph, Precision.F32)
                      .observing(
                          new LinkedHashSet<>(blocks.stream().map(Block::output).toList()))));
      model.state().forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
      int done = 0;
      for (Batch pictures : loader.epoch(0)) {
        plan.feed(ModelSpec.IMAGES, pictures.images());
        plan.run(0, 0);
        System.arraycopy(pictures.labels(), 0, labels, done, batch);
        for (int b = 0; b < blocks.size(); b++) {
          Tensor out = plan.fetch(blocks.get(b).output());
          System.arraycopy(Stats.pooled(out), 0, pooled.get(b), done, batch);
          if (done == 0) {
            grams.add(Cka.gram(rows(out)));
          }
        }
        done += batch;
      }
    }
    return new BlockFeatures(blocks.stream().map(Block::path).toList(), pooled, grams, labels);
  }

  private static float[][] rows(Tensor tensor) {
    float[] values = tensor.toFloats();
    int count = tensor.shape().dim(0);
    int width = values.length / count;
    return IntStream.range(0, count)
        .mapToObj(i -> Arrays.copyOfRange(values, i * width, (i + 1) * width))
        .toArray(float[][]::new);
  }
}
