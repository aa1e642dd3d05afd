package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.DataSource;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.FolderOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that use a data set. */
final class DataOptions {
  private static final int SHOWN = 20;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "D",
      description =
          "cifar10:DIR, cifar100:DIR, mnist:DIR, folder:DIR (train/CLASS/*.jpg, val/..., test/...; or"
              + " CLASS/*.jpg alone, of which a fifth becomes the test set), synthetic, or a DIR that says by its contents what it is.")
  private String data = "";

  @Option(
      names = "--on-bad-image",
      paramLabel = "skip|fail",
      defaultValue = "fail",
      description =
          "Folders: fail at the first picture that cannot be used, or try each before the work"
              + " begins, and leave such out (default: ${DEFAULT-VALUE}).")
  private String onBad = "fail";

  @Option(
      names = "--cache",
      paramLabel = "MB",
      description = "Folders: memory for decoded pictures (default: a quarter of the Java heap).")
  private @Nullable Integer cache;

  /** Reads the data and says what it is and what was left out of it. */
  DataSplits open(Console console) {
    DataSource source = DataSource.parse(data);
    boolean skip = BadImageOption.skips(onBad);
    if (cache != null && cache < 0) {
      throw new InvalidInputException("--cache " + cache + ": give megabytes, 0 for no cache");
    }
    FolderOptions options =
        new FolderOptions(
            skip ? FolderOptions.OnBad.SKIP : FolderOptions.OnBad.FAIL,
            cache == null ? FolderOptions.usual().cacheBytes() : cache * 1_000_000L);
    return open(source, options, console);
  }

  /** The same for a source that is named in another way. */
  static DataSplits open(DataSource source, FolderOptions options, Console console) {
    DataSplits splits = source.open(options);
    console.info(splits.description());
    List<String> notes = splits.notes();
    notes.stream().limit(SHOWN).forEach(console::warn);
    if (notes.size() > SHOWN) {
      console.warn("and " + (notes.size() - SHOWN) + " more of these");
    }
    return splits;
  }
}
