package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.app.picture.Png;
import io.resnet4j.app.picture.Sheets;
import io.resnet4j.data.DataSource;
import io.resnet4j.data.DataSplits;
import io.resnet4j.data.Dataset;
import io.resnet4j.data.FolderOptions;
import io.resnet4j.data.Picture;
import io.resnet4j.data.Pictures;
import io.resnet4j.data.Preprocessing;
import io.resnet4j.data.PreprocessingJson;
import io.resnet4j.data.Views;
import io.resnet4j.infer.Features;
import io.resnet4j.infer.Neighbours;
import io.resnet4j.infer.Predictor;
import io.resnet4j.model.Model;
import io.resnet4j.model.TrainedModel;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code similar}. */
@picocli.CommandLine.Command(
    description =
        "Finds the pictures that look most like one to a network: by the cosine between what its"
            + " head reads of each. They come from files and folders named after the picture, or"
            + " from a data set, whose classes need not be the network's.")
final class SimilarCommand extends Command {
  private static final int AT_ONCE = 32;
  private static final int MOST = 4096;

  @Mixin private WeightsOptions weights = new WeightsOptions();

  @Parameters(index = "0", paramLabel = "IMAGE", description = "The picture to begin with.")
  private Path image = Path.of("");

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "AMONG",
      description =
          "Files, folders (with all below them), patterns in quotes ('photos/**/*.jpg') to look"
              + " among.")
  private List<String> among = new ArrayList<>();

  @Option(
      names = "--data",
      paramLabel = "D",
      description = "In place of AMONG: a data set, such as cifar10:DIR or folder:DIR.")
  private @Nullable String data;

  @Option(
      names = "--split",
      paramLabel = "S",
      description = "With --data: train, val (its own) or test (default: train).")
  private @Nullable String split;

  @Mixin private BadImageOption badImages = new BadImageOption();

  @Option(
      names = "--count",
      paramLabel = "K",
      defaultValue = "5",
      description = "Pictures to find (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--out",
      paramLabel = "PNG",
      description = "Also draw them: first the picture, then what was found, row by row.")
  private @Nullable Path out;

  @Option(
      names = "--tile",
      paramLabel = "N",
      defaultValue = "128",
      description = "Pixels of a drawn picture's longer side (default: ${DEFAULT-VALUE}).")
  private int tile;

  @Option(names = "--json", description = "One line of JSON.")
  private boolean json;

  /** A picture that was looked at: its name, its class where that is known, and how to get it. */
  private record Seen(String name, @Nullable String label, Supplier<Picture> reader) {}

  /** What was looked among, by the index of the offer, and the exit status. */
  private record Looked(List<Seen> seen, int status) {}

  @Override
  int run(Console console) {
    boolean skip = badImages.skips();
    requireSense();
    Picture picture = Pictures.read(image);
    TrainedModel model = weights.load();
    Optional<DataSplits> splits =
        data == null ? Optional.empty() : Optional.of(opened(data, model, skip, console));
    TrainedModel prepared =
        splits.isPresent() && model.metadata().get(Model.PREPROCESSING) == null
            ? model.withMetadata(
                Model.PREPROCESSING,
                PreprocessingJson.write(
                    WeightsOptions.preprocessing(splits.get(), model, weights.file(), console)))
            : WeightsOptions.prepared(weights.file(), model, console::info);
    try (Predictor predictor = weights.open(prepared)) {
      Features features = Features.of(predictor);
      Neighbours search = new Neighbours(features.of(List.of(picture)).get(0), count);
      Looked looked =
          splits.isPresent()
              ? inData(part(splits.get()), predictor, features, search)
              : inFiles(predictor, features, search, skip, console);
      List<Neighbours.Found> found = search.found();
      if (found.isEmpty()) {
        throw new InvalidInputException(
            "similar: no other picture could be used; name more to look among");
      }
      if (out != null) {
        List<Picture> drawn = new ArrayList<>(List.of(picture));
        found.forEach(each -> drawn.add(looked.seen.get(each.index()).reader.get()));
        OutputFile.picture("--out", out, Png.of(Sheets.of(drawn, tile)));
      }
      show(console, found, looked.seen, search.offered());
      return looked.status;
    }
  }

  private void requireSense() {
    if (count < 1 || count > MOST || tile < 1 || tile > MOST) {
      throw new InvalidInputException(
          "--count " + count + ", --tile " + tile + ": give 1 to " + MOST + " of each");
    }
    if ((data == null) == among.isEmpty()) {
      throw new InvalidInputException(
          data == null
              ? "similar: nothing to look among; name files or folders after the picture, or --data"
              : "--data and " + among.get(0) + ": give one of them to look among");
    }
    if (split != null && data == null) {
      throw new InvalidInputException("--split: only together with --data");
    }
    if (split != null) {
      Choices.require("--split", split, List.of("train", "val", "test"));
    }
    if (weights.views() != Views.CENTRE) {
      throw new InvalidInputException("--tta: looks at one view only; leave it out");
    }
    if (out != null) {
      OutputFile.require("--out", out);
    }
  }

  private DataSplits opened(String name, TrainedModel model, boolean skip, Console console) {
    FolderOptions options =
        new FolderOptions(
            skip ? FolderOptions.OnBad.SKIP : FolderOptions.OnBad.FAIL,
            FolderOptions.usual().cacheBytes());
    DataSplits splits = DataOptions.open(DataSource.parse(name), options, console);
    return WeightsOptions.framed(splits, model, weights.file());
  }

  private Dataset part(DataSplits splits) {
    return switch (split == null ? "train" : split) {
      case "test" -> splits.test();
      case "val" ->
          splits
              .validation()
              .orElseThrow(
                  () ->
                      new InvalidInputException(
                          "--split val: the data has no validation set; use train or test"));
      default -> splits.train();
    };
  }

  private Looked inData(Dataset part, Predictor predictor, Features features, Neighbours search) {
    Preprocessing with = predictor.preprocessing().orElseThrow();
    List<Seen> seen = new ArrayList<>();
    features.each(
        part,
        with,
        AT_ONCE,
        (index, row) -> {
          String name = part.title(index);
          if (!isQuery(name)) {
            search.offer(row);
            String label = part.classes().get(part.label(index));
            seen.add(new Seen(name, label, () -> part.whole(index)));
          }
        });
    return new Looked(seen, Main.OK);
  }

  private Looked inFiles(
      Predictor predictor, Features features, Neighbours search, boolean skip, Console console) {
    PictureInputs.Listed listed =
        new PictureInputs(false, 1, console.in()).list(List.copyOf(among), false);
    Map<String, PictureInput> byName = new LinkedHashMap<>();
    List<PictureInput> inputs = listed.pictures().filter(each -> !isQuery(each.name())).toList();
    inputs.forEach(each -> byName.put(each.name(), each));
    int workers = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    List<Seen> seen = new ArrayList<>();
    List<PictureStream.Prepared> batch = new ArrayList<>();
    int status = Main.OK;
    try (PictureStream stream =
        new PictureStream(
            inputs.stream(),
            workers,
            2 * AT_ONCE,
            each -> predictor.inputs(List.of(each.reader().get()), Views.CENTRE))) {
      Optional<PictureStream.Prepared> next;
      while ((next = stream.next()).isPresent()) {
        RuntimeException failure = next.get().failure();
        if (failure == null) {
          batch.add(next.get());
        } else if (skip) {
          int worse = Main.failed(console, failure, debug());
          status = status == Main.FAILED ? status : worse;
        } else {
          throw failure;
        }
        if (batch.size() == AT_ONCE) {
          offer(batch, features, search);
          batch.forEach(each -> seen.add(seen(byName, each.name())));
          batch.clear();
        }
      }
    }
    offer(batch, features, search);
    batch.forEach(each -> seen.add(seen(byName, each.name())));
    return new Looked(seen, status);
  }

  private static Seen seen(Map<String, PictureInput> byName, String name) {
    PictureInput input = byName.get(name);
    return new Seen(name, null, () -> input.reader().get());
  }

  private static void offer(
      List<PictureStream.Prepared> batch, Features features, Neighbours search) {
    if (batch.isEmpty()) {
      return;
    }
    FloatBuffer images =
        FloatBuffer.allocate(batch.stream().mapToInt(each -> each.values().remaining()).sum());
    batch.forEach(each -> images.put(each.values()));
    features.rows(features.see(images.flip(), batch.size()), Views.CENTRE).forEach(search::offer);
  }

  /** A picture is no neighbour of itself. */
  private boolean isQuery(String name) {
    try {
      Path path = Path.of(name);
      return Files.exists(path) && Files.isSameFile(path, image);
    } catch (InvalidPathException | IOException e) {
      return false;
    }
  }

  private void show(Console console, List<Neighbours.Found> found, List<Seen> seen, int searched) {
    boolean labels = found.stream().anyMatch(each -> seen.get(each.index()).label() != null);
    if (json) {
      List<Object> neighbours = new ArrayList<>();
      for (Neighbours.Found each : found) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("file", seen.get(each.index()).name());
        one.put("similarity", each.similarity());
        one.put("class", seen.get(each.index()).label());
        neighbours.add(one);
      }
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("file", image.toString());
      line.put("searched", searched);
      line.put("neighbours", neighbours);
      line.put("out", out == null ? null : out.toString());
      console.result(Json.line(line));
      return;
    }
    TextTable table = new TextTable(labels ? "rll" : "rl");
    table.row(
        labels ? new String[] {"cosine", "class", "picture"} : new String[] {"cosine", "picture"});
    for (Neighbours.Found each : found) {
      Seen one = seen.get(each.index());
      String cosine = String.format(Locale.ROOT, "%.4f", each.similarity());
      table.row(
          labels
              ? new String[] {cosine, one.label() == null ? Text.NONE : one.label(), one.name()}
              : new String[] {cosine, one.name()});
    }
    console.result(table.toString());
    console.info(
        "the closest of "
            + Text.count(searched)
            + (searched == 1 ? " picture" : " pictures")
            + (out == null ? "" : ", drawn into " + out));
  }
}
