package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.app.picture.ContactSheet;
import io.resnet4j.app.picture.Png;
import io.resnet4j.data.Batch;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.Loader;
import io.resnet4j.data.Normalisation;
import io.resnet4j.data.Normaliser;
import io.resnet4j.data.PictureSize;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.train.Recipe;
import io.resnet4j.train.Recipes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code preview}. */
@picocli.CommandLine.Command(
    description =
        "Writes a contact sheet, so that a person can look: a training picture a row, first as"
            + " evaluation sees it, then as a network would learn from it, epoch by epoch.")
final class PreviewCommand extends Command {
  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--recipe",
      paramLabel = "R",
      description = "See 'recipes' (default: what suits the data).")
  private @Nullable String recipe;

  @Option(
      names = "--set",
      paramLabel = "key=value",
      description = "Change a setting of the recipe, such as augment=crop(4),flip.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "PNG",
      description = "The file; what stands there is replaced.")
  private Path out = Path.of("");

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "8",
      description = "Pictures (default: ${DEFAULT-VALUE}).")
  private int rows;

  @Option(
      names = "--columns",
      paramLabel = "N",
      defaultValue = "8",
      description = "Epochs (default: ${DEFAULT-VALUE}).")
  private int columns;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of the pictures chosen and of their augmentation (default: 0).")
  private long seed;

  @Override
  int run(Console console) {
    if (rows < 1 || columns < 1 || rows > 1000 || columns > 1000) {
      throw new InvalidInputException(
          "--rows " + rows + ", --columns " + columns + ": give 1 to 1000 of each");
    }
    DataSplits opened = data.open(console);
    Recipe full =
        recipe == null ? Recipes.defaultFor(Runs.dataName(opened)) : Recipes.named(recipe);
    for (String setting : settings) {
      full = full.set(setting);
    }
    Dataset train = full.augment().framed(opened).train();
    Normalisation normalisation = full.normalisation(train);
    Dataset chosen = train.subset(some(train.size()));
    write(sheet(chosen, full, normalisation));
    console.result(out.toString());
    return Main.OK;
  }

  /** Drawn anywhere in the set, which may be sorted by class. */
  private int[] some(int size) {
    int[] order = KeyedRandom.of(seed, "preview").permutation(size);
    int[] few = Arrays.copyOf(order, Math.min(rows, size));
    Arrays.sort(few);
    return few;
  }

  private BufferedImage sheet(Dataset chosen, Recipe full, Normalisation normalisation) {
    PictureSize size = chosen.pictureSize();
    ContactSheet sheet =
        new ContactSheet(
            "--rows, --columns", chosen.size(), columns + 1, size.height(), size.width());
    Levels levels = new Levels(normalisation, size);
    int batch = chosen.size();
    try (Loader plain = new Loader(chosen, Loader.Options.evaluation(batch, normalisation))) {
      column(plain.epoch(0).next(), 0, levels, sheet);
    }
    Loader.Options training =
        full.augment().loading(batch, seed, normalisation).withShuffle(false).withRepeats(1);
    try (Loader loader = new Loader(chosen, training)) {
      for (int epoch = 0; epoch < columns; epoch++) {
        column(loader.epoch(epoch).next(), epoch + 1, levels, sheet);
      }
    }
    return sheet.picture();
  }

  private static void column(Batch batch, int column, Levels levels, ContactSheet sheet) {
    FloatBuffer images = batch.images();
    PictureSize size = levels.size;
    float[] picture = new float[size.samples()];
    for (int row = 0; row < batch.size(); row++) {
      images.get(picture);
      sheet.draw(row, column, (y, x) -> levels.rgb(picture, y * size.width() + x));
    }
  }

  /** From what a network is given back to colours, so that the sheet shows just that. */
  private static final class Levels {
    private final PictureSize size;
    private final float[] black;
    private final float[] white;

    Levels(Normalisation normalisation, PictureSize size) {
      this.size = size;
      Normaliser normaliser = new Normaliser(normalisation, size);
      black = normalised(normaliser, (byte) 0);
      white = normalised(normaliser, (byte) 255);
    }

    private float[] normalised(Normaliser normaliser, byte level) {
      byte[] planes = new byte[size.samples()];
      Arrays.fill(planes, level);
      float[] values = new float[planes.length];
      normaliser.apply(planes, FloatBuffer.wrap(values));
      return values;
    }

    int rgb(float[] picture, int pixel) {
      int rgb = 0;
      for (int c = 0; c < 3; c++) {
        int at = (size.channels() == 3 ? c * size.plane() : 0) + pixel;
        float share = (picture[at] - black[at]) / (white[at] - black[at]);
        rgb = rgb << 8 | Math.max(0, Math.min(255, Math.round(255 * share)));
      }
      return rgb;
    }
  }

  private void write(BufferedImage sheet) {
    try {
      @Nullable Path parent = out.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.write(out, Png.of(sheet));
    } catch (IOException e) {
      throw new InvalidInputException(
          "--out " + out + ": cannot be written: " + e.getMessage() + "; give another file", e);
    }
  }
}
