package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Folders of pictures: {@code train/CLASS/} with picture files at any depth, and the same below
 * {@code val/} and {@code test/} where these are there. The classes are the folders of {@code
 * train/} in the order of their names, and so are the files of a class, on every machine. Hidden
 * files and folders are passed over; links are followed, but not in circles.
 */
public final class PictureFolders {
  private static final String CONTENTS = "train/CLASS/ with pictures";
  private static final String REMEDY =
      "; mend or remove it, or leave what is bad out with --on-bad-image skip";

  private final FolderOptions options;
  private final PictureCache cache;
  private final List<String> notes = new ArrayList<>();

  private PictureFolders(FolderOptions options) {
    this.options = options;
    cache = new PictureCache(options.cacheBytes());
  }

  /**
   * Lists the pictures below {@code root} and looks at them as {@code options} say. Pictures are
   * 224x224 out of a shorter side of 256 until they are {@link DataSplits#framed} otherwise.
   *
   * @throws InvalidInputException if the folders are not as above, there are fewer than two
   *     classes, {@code val/} or {@code test/} has a class that {@code train/} lacks, or a picture
   *     is bad and none may be
   */
  public static DataSplits open(Path root, FolderOptions options) {
    DataFiles.requireFolder(root, CONTENTS);
    return new PictureFolders(options).read(root);
  }

  /**
   * Every picture file below {@code folder}, at any depth, by its name; hidden ones are passed
   * over.
   *
   * @param problem hears, in a sentence each, of files that cannot be used; may throw
   * @return in the order of their names, whatever the machine
   * @throws InvalidInputException if it is no folder
   */
  public static List<Path> files(Path folder, Consumer<String> problem) {
    DataFiles.requireFolder(folder, "pictures");
    return new FolderWalk(folder, problem, note -> {}).files();
  }

  private DataSplits read(Path root) {
    Path trainFolder = root.resolve("train");
    if (!Files.isDirectory(trainFolder)) {
      throw new InvalidInputException(
          root + ": has no folder train; expected " + CONTENTS + ", and val/ and test/ likewise");
    }
    List<String> classes = folders(trainFolder);
    if (classes.size() < 2) {
      throw new InvalidInputException(
          trainFolder
              + ": "
              + (classes.isEmpty() ? "no folders in it" : "one class only (" + classes.get(0) + ")")
              + "; expected a folder for each of at least two classes");
    }
    Path name = root.toAbsolutePath().normalize().getFileName();
    String title = "Folder " + (name == null ? root : name);
    Dataset train = set(title + " train", trainFolder, classes);
    Optional<Dataset> validation = optional(title + " val", root.resolve("val"), classes);
    Optional<Dataset> test = optional(title + " test", root.resolve("test"), classes);
    return new DataSplits(
        train, validation, test, describe(title, train, validation, test, root), notes);
  }

  private static String describe(
      String title,
      Dataset train,
      Optional<Dataset> validation,
      Optional<Dataset> test,
      Path root) {
    return String.format(
        Locale.ROOT,
        "%s: %,d training, %s validation and %s test pictures, %d classes, from %s",
        title,
        train.size(),
        validation.map(PictureFolders::count).orElse("no"),
        test.map(PictureFolders::count).orElse("no"),
        train.classes().size(),
        root);
  }

  private static String count(Dataset set) {
    return String.format(Locale.ROOT, "%,d", set.size());
  }

  private Optional<Dataset> optional(String title, Path folder, List<String> classes) {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    List<String> unknown = new ArrayList<>(folders(folder));
    unknown.removeAll(classes);
    if (!unknown.isEmpty()) {
      throw new InvalidInputException(
          folder
              + ": has a class '"
              + unknown.get(0)
              + "' that train lacks; expected the folders of train (the classes are "
              + String.join(", ", classes.stream().limit(10).toList())
              + (classes.size() > 10 ? ", ..." : "")
              + ")");
    }
    return Optional.of(set(title, folder, classes));
  }

  private Dataset set(String title, Path folder, List<String> classes) {
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (int label = 0; label < classes.size(); label++) {
      Path classFolder = folder.resolve(classes.get(label));
      List<Path> found = List.of();
      if (Files.isDirectory(classFolder)) {
        found = usable(new FolderWalk(classFolder, this::problem, notes::add).files());
      }
      if (found.isEmpty()) {
        problem(classFolder + ": no pictures of this class");
      }
      files.addAll(found);
      labels.addAll(Collections.nCopies(found.size(), label));
    }
    if (files.isEmpty()) {
      throw new InvalidInputException(folder + ": holds no picture that can be used");
    }
    return new FolderDataset(
        title, classes, files, labels.stream().mapToInt(Integer::intValue).toArray(), cache);
  }

  /** Those of {@code files} that can be used; the others are problems. */
  private List<Path> usable(List<Path> files) {
    String[] wrong = new String[files.size()];
    IntStream.range(0, wrong.length).parallel().forEach(i -> wrong[i] = wrongWith(files.get(i)));
    List<Path> usable = new ArrayList<>();
    for (int i = 0; i < wrong.length; i++) {
      if (wrong[i].isEmpty()) {
        usable.add(files.get(i));
      } else {
        problem(wrong[i]);
      }
    }
    return usable;
  }

  private String wrongWith(Path file) {
    try {
      if (options.onBad() == FolderOptions.OnBad.SKIP) {
        cache.read(file);
      } else {
        Pictures.requireKnown(file);
      }
      return "";
    } catch (InvalidInputException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private void problem(String what) {
    if (options.onBad() == FolderOptions.OnBad.FAIL) {
      throw new InvalidInputException(what + REMEDY);
    }
    notes.add(what + "; left out");
  }

  /** Names of the folders in {@code parent}, without hidden ones, in order. */
  private static List<String> folders(Path parent) {
    try (Stream<Path> entries = Files.list(parent)) {
      String[] names =
          entries
              .filter(Files::isDirectory)
              .map(folder -> String.valueOf(folder.getFileName()))
              .filter(name -> !name.startsWith("."))
              .toArray(String[]::new);
      Arrays.sort(names);
      return List.of(names);
    } catch (IOException e) {
      throw DataFiles.unreadable(parent, e);
    }
  }
}
