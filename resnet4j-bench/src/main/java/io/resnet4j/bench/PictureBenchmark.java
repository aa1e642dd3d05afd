package io.resnet4j.bench;

import io.resnet4j.data.Batch;
import io.resnet4j.data.DataSource;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.FolderOptions;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.augment.HorizontalFlip;
import io.resnet4j.data.augment.RandomResizedCrop;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Pictures a second that one thread reads from files, decodes, cuts to 224x224 (random resized
 * crop), flips and normalises, none of them kept.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class PictureBenchmark {
  private static final int BATCH = 32;
  private static final int SIDE = 224;
  private static final int RESIZE = 256;

  /** A folder of pictures, as {@code --data folder:DIR} takes it. */
  @Param("")
  public String folder = "";

  private Loader loader;
  private int epoch;
  private Iterator<Batch> batches;

  /** Opens the folder. */
  @Setup
  public void open() {
    Dataset pictures =
        DataSource.parse("folder:" + folder)
            .open(new FolderOptions(FolderOptions.OnBad.FAIL, 0))
            .framed(SIDE, SIDE, RESIZE)
            .train();
    loader =
        new Loader(
            pictures,
            Loader.Options.training(
                    BATCH,
                    1,
                    List.of(new RandomResizedCrop(), new HorizontalFlip(0.5)),
                    Normalisation.imageNet())
                .withDropLast(true)
                // The thread that asks for a batch prepares it.
                .withWorkers(0));
    batches = loader.epoch(epoch).iterator();
  }

  /** Ends the loader. */
  @TearDown
  public void close() {
    loader.close();
  }

  /** A batch. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public Batch batch() {
    if (!batches.hasNext()) {
      epoch++;
      batches = loader.epoch(epoch).iterator();
    }
    return batches.next();
  }
}
