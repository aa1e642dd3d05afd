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
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Folders of pictures: {@code train/CLASS/} with picture files at any depth, and the same below
 * {@code val/} and {@code test/} where these are there. The classes are the folders of {@code
 * train/} in the order of their names, and so are the files of a class, on every machine. Hidden
 * files and folders are passed over; links are followed, but not to a folder above them.
 *
 * <p>Without {@code train/} the classes are the folders themselves, {@code CLASS/}, and {@link
 * TestShare} sets a part of each aside as the test set. Pictures beside the folders are passed
 * over.
 */
public final class PictureFolders {
  private static final String CONTENTS = "train/CLASS/ with pictures, or CLASS/ alone";

  /** Folders that are parts of a data set, whoever made it, and no classes. */
  private static final Set<String> PARTS =
      Set.of("train", "training", "val", "valid", "validation", "test", "testing");

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
    Path name = root.toAbsolutePath().normalize().getFileName();
    String title = "Folder " + (name == null ? root : name);
    Path trainFolder = root.resolve("train");
    if (!Files.isDirectory(trainFolder)) {
      return plain(root, title);
    }
    List<String> classes = atLeastTwo(trainFolder, folders(trainFolder));
    Dataset train = found(trainFolder, classes, classes).dataset(title + " train", classes, cache);
    Optional<Dataset> validation = optional(title + " val", root.resolve("val"), classes);
    Optional<Dataset> test = optional(title + " test", root.resolve("test"), classes);
    return new DataSplits(
        train, validation, test, describe(title, train, validation, test, "", root), notes);
  }

  /** Classes alone: a part of each becomes the test set. */
  private DataSplits plain(Path root, String title) {
    List<String> classes = folders(root);
    for (String folder : classes) {
      if (PARTS.contains(folder.toLowerCase(Locale.ROOT))) {
        throw new InvalidInputException(
            root
                + ": has a folder "
                + folder
                + " and no folder train; expected "
                + CONTENTS
                + "; name the parts train, val and test");
      }
    }
    atLeastTwo(root, classes);
    loosePictures(root);
    Found all = found(root, classes, classes);
    boolean[] aside = all.testShare(root);
    Dataset train = all.only(aside, false).dataset(title + " train", classes, cache);
    Found held = all.only(aside, true);
    Optional<Dataset> test =
        held.files().isEmpty()
            ? Optional.empty()
            : Optional.of(held.dataset(title + " test", classes, cache));
    String how = test.isPresent() ? " (about a fifth of each class, by file name)" : "";
    return new DataSplits(
        train,
        Optional.empty(),
        test,
        describe(title, train, Optional.empty(), test, how, root),
        notes);
  }

  private void loosePictures(Path root) {
    try (Stream<Path> entries = Files.list(root)) {
      long loose = entries.filter(Files::isRegularFile).filter(FolderWalk::namedAsPicture).count();
      if (loose > 0) {
        notes.add(
            root
                + ": passed over "
                + loose
                + (loose == 1 ? " picture" : " pictures")
                + " in no folder of a class");
      }
    } catch (IOException e) {
      throw DataFiles.unreadable(root, e);
    }
  }

  private static List<String> atLeastTwo(Path parent, List<String> classes) {
    if (classes.size() < 2) {
      throw new InvalidInputException(
          parent
              + ": "
              + (classes.isEmpty() ? "no folders in it" : "one class only (" + classes.get(0) + ")")
              + "; expected a folder for each of at least two classes: "
              + CONTENTS);
    }
    return classes;
  }

  private static String describe(
      String title,
      Dataset train,
      Optional<Dataset> validation,
      Optional<Dataset> test,
      String how,
      Path root) {
    return String.format(
        Locale.ROOT,
        "%s: %,d training, %s validation and %s test pictures%s, %d classes, from %s",
        title,
        train.size(),
        validation.map(PictureFolders::count).orElse("no"),
        test.map(PictureFolders::count).orElse("no"),
        how,
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
    List<String> there = folders(folder);
    List<String> unknown = new ArrayList<>(there);
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
    return Optional.of(found(folder, classes, there).dataset(title, classes, cache));
  }

  /** Pictures with the numbers of their classes, one class after the other. */
  private record Found(List<Path> files, List<Integer> labels) {
    FolderDataset dataset(String title, List<String> classes, PictureCache cache) {
      return new FolderDataset(
          title, classes, files, labels.stream().mapToInt(Integer::intValue).toArray(), cache);
    }

    Found only(boolean[] marked, boolean as) {
      int[] kept = IntStream.range(0, marked.length).filter(i -> marked[i] == as).toArray();
      return new Found(
          Arrays.stream(kept).mapToObj(files::get).toList(),
          Arrays.stream(kept).mapToObj(labels::get).toList());
    }

    /** Which are for testing, class by class. */
    boolean[] testShare(Path root) {
      boolean[] aside = new boolean[files.size()];
      for (int begin = 0, end = 0; begin < aside.length; begin = end) {
        end = labels.lastIndexOf(labels.get(begin)) + 1;
        List<String> names =
            files.subList(begin, end).stream()
                .map(file -> root.relativize(file).toString().replace('\\', '/'))
                .toList();
        System.arraycopy(TestShare.of(names), 0, aside, begin, end - begin);
      }
      return aside;
    }
  }

  /** The pictures of {@code classes}, which have folders where they are {@code there}. */
  private Found found(Path folder, List<String> classes, List<String> there) {
    Set<String> folders = Set.copyOf(there);
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (int label = 0; label < classes.size(); label++) {
      Path classFolder = folder.resolve(classes.get(label));
      List<Path> found = List.of();
      if (folders.contains(classes.get(label))) {
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
    return new Found(files, labels);
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
  private List<String> folders(Path parent) {
    try (Stream<Path> entries = Files.list(parent)) {
      List<String> names = new ArrayList<>();
      for (Path folder : entries.filter(Files::isDirectory).sorted().toList()) {
        String name = String.valueOf(folder.getFileName());
        if (name.startsWith(".")) {
          continue;
        }
        // Walked, it would hold the pictures of all other classes.
        if (FolderWalk.leadsBack(folder, parent)) {
          problem(folder + FolderWalk.BACK);
        } else {
          names.add(name);
        }
      }
      Collections.sort(names);
      return names;
    } catch (IOException e) {
      throw DataFiles.unreadable(parent, e);
    }
  }
}
