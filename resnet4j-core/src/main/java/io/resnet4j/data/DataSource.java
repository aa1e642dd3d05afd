package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What {@code --data} names: {@code cifar10:DIR}, {@code cifar100:DIR}, {@code mnist:DIR}, {@code
 * folder:DIR}, {@code synthetic}, or a DIR whose contents say what it is. Parsing looks at no file;
 * {@link #open} does.
 *
 * @param kind what the data is
 * @param folder where it is; empty for {@link Kind#SYNTHETIC} only
 */
public record DataSource(Kind kind, Optional<Path> folder) {
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9_-]+):(.*)");
  private static final String FORMS =
      "cifar10:DIR, cifar100:DIR, mnist:DIR, folder:DIR, synthetic or DIR";

  /** The kinds of data. */
  public enum Kind {
    /** {@link Cifar#open10}. */
    CIFAR10,
    /** {@link Cifar#open100} with fine labels. */
    CIFAR100,
    /** {@link Mnist#open}. */
    MNIST,
    /** {@link PictureFolders#open}. */
    FOLDER,
    /** {@link Synthetic}. */
    SYNTHETIC,
    /** A folder of any kind, to be recognised by what is in it. */
    DETECT;

    /** The word before the colon. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A folder goes with every kind but {@link Kind#SYNTHETIC}. */
  public DataSource {
    if (folder.isPresent() == (kind == Kind.SYNTHETIC)) {
      throw new InvalidInputException(
          "--data "
              + kind.word()
              + (kind == Kind.SYNTHETIC ? ": takes no folder" : ": needs a folder")
              + "; expected "
              + FORMS);
    }
  }

  /**
   * Reads the argument of {@code --data}.
   *
   * @throws InvalidInputException if it has none of the forms above
   */
  public static DataSource parse(String text) {
    if (text.isBlank()) {
      throw new InvalidInputException("--data is empty; expected " + FORMS);
    }
    if (text.equals(Kind.SYNTHETIC.word())) {
      return new DataSource(Kind.SYNTHETIC, Optional.empty());
    }
    Matcher scheme = SCHEME.matcher(text);
    if (!scheme.matches()) {
      return new DataSource(Kind.DETECT, Optional.of(path(text)));
    }
    Kind kind = kind(scheme.group(1), text);
    String rest = scheme.group(2);
    return new DataSource(kind, rest.isBlank() ? Optional.empty() : Optional.of(path(rest)));
  }

  /**
   * Reads the data.
   *
   * @throws InvalidInputException if it is not there, not whole or not what it is said to be
   */
  public DataSplits open() {
    return open(FolderOptions.usual());
  }

  /**
   * Reads the data.
   *
   * @param options for folders of pictures
   * @throws InvalidInputException if it is not there, not whole or not what it is said to be
   */
  public DataSplits open(FolderOptions options) {
    Path at = folder.orElse(Path.of(""));
    return switch (kind) {
      case CIFAR10 -> Cifar.open10(at);
      case CIFAR100 -> Cifar.open100(at, Cifar.Labels.FINE);
      case MNIST -> Mnist.open(at);
      case FOLDER -> PictureFolders.open(at, options);
      case SYNTHETIC -> Synthetic.open();
      case DETECT -> new DataSource(detect(at), folder).open(options);
    };
  }

  private static Kind kind(String word, String text) {
    List<String> known = new ArrayList<>();
    String typed = word.toLowerCase(Locale.ROOT);
    for (Kind kind : Kind.values()) {
      if (kind == Kind.DETECT) {
        continue;
      }
      if (kind.word().equals(typed)) {
        return kind;
      }
      known.add(kind.word());
    }
    throw new InvalidInputException(
        "--data "
            + text
            + ": unknown kind '"
            + word
            + "'"
            + Nearest.suggestion(typed, known)
            + "; expected "
            + FORMS);
  }

  private static Path path(String text) {
    // A shell expands ~ only at the start of a word, so cifar10:~/data arrives as it was typed.
    String expanded =
        text.equals("~") || text.startsWith("~/")
            ? System.getProperty("user.home") + text.substring(1)
            : text;
    try {
      return Path.of(expanded);
    } catch (InvalidPathException e) {
      throw new InvalidInputException(
          "--data " + text + ": not a path: " + e.getReason() + "; expected " + FORMS, e);
    }
  }

  private static Kind detect(Path folder) {
    String forms = "a data set";
    if (!Files.exists(folder) && folder.getNameCount() == 1 && looksLikeWord(folder)) {
      forms += "; --data takes " + FORMS;
    }
    DataFiles.requireFolder(folder, forms);
    if (exists(folder, "data_batch_1.bin", "test_batch.bin", Cifar.CIFAR10_FOLDER)) {
      return Kind.CIFAR10;
    }
    if (exists(folder, "train.bin", "test.bin", Cifar.CIFAR100_FOLDER)) {
      return Kind.CIFAR100;
    }
    if (Mnist.isAt(folder)) {
      return Kind.MNIST;
    }
    if (hasFolders(folder.resolve("train"))) {
      return Kind.FOLDER;
    }
    String hint =
        "say which it is: " + FORMS + " (folder:DIR takes CLASS/ with pictures alone, too)";
    if (exists(folder, "data_batch_1", "cifar-10-batches-py", "cifar-100-python")) {
      hint = "this is CIFAR's Python version; get the binary version";
    } else if (exists(folder, "cifar-10-binary.tar.gz", "cifar-100-binary.tar.gz")) {
      hint = "unpack the archive in it first (tar -xzf)";
    }
    throw new InvalidInputException(
        folder
            + ": holds no data set known here (CIFAR-10, CIFAR-100, MNIST, or train/CLASS/ with"
            + " pictures); "
            + hint);
  }

  private static boolean looksLikeWord(Path folder) {
    return folder.toString().chars().allMatch(Character::isLetterOrDigit);
  }

  private static boolean exists(Path folder, String... names) {
    return List.of(names).stream().anyMatch(name -> Files.exists(folder.resolve(name)));
  }

  private static boolean hasFolders(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.anyMatch(Files::isDirectory);
    } catch (IOException e) {
      throw DataFiles.unreadable(folder, e);
    }
  }
}
