package io.resnet4j.data;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** Finds the picture files of one class. */
final class FolderWalk extends SimpleFileVisitor<Path> {
  private static final Set<String> ENDINGS =
      Set.of("jpg", "jpeg", "jpe", "png", "bmp", "gif", "webp");
  private static final int DEEPEST = 16;

  /** What is wrong with a folder that {@link #leadsBack}. */
  static final String BACK = ": a link back to a folder above it";

  private final Path root;
  private final Consumer<String> problem;
  private final List<Path> found = new ArrayList<>();
  private int others;

  /**
   * Walks through {@code root}.
   *
   * @param problem hears what cannot be used and why; may throw
   * @param note hears of files that are no pictures by their names
   */
  FolderWalk(Path root, Consumer<String> problem, Consumer<String> note) {
    this.root = root;
    this.problem = problem;
    try {
      Files.walkFileTree(root, EnumSet.of(FileVisitOption.FOLLOW_LINKS), DEEPEST, this);
    } catch (IOException e) {
      throw DataFiles.unreadable(root, e);
    }
    if (others > 0) {
      note.accept(
          root
              + ": passed over "
              + others
              + (others == 1 ? " file" : " files")
              + " not named as pictures are (.jpg, .png, ...)");
    }
  }

  /** The files, in the order of their names within the folder, whatever the machine. */
  List<Path> files() {
    return found.stream()
        .sorted(Comparator.comparing(file -> root.relativize(file).toString().replace('\\', '/')))
        .toList();
  }

  /** Whether a file ends as pictures do, and is not hidden. */
  static boolean namedAsPicture(Path file) {
    String name = String.valueOf(file.getFileName());
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return !hidden(file) && ENDINGS.contains(ending);
  }

  /** Whether {@code folder} is really {@code from} or a folder above that. */
  static boolean leadsBack(Path folder, Path from) throws IOException {
    return from.toRealPath().startsWith(folder.toRealPath());
  }

  private static boolean hidden(Path path) {
    return String.valueOf(path.getFileName()).startsWith(".");
  }

  @Override
  public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
      throws IOException {
    if (folder.equals(root)) {
      return FileVisitResult.CONTINUE;
    }
    if (hidden(folder)) {
      return FileVisitResult.SKIP_SUBTREE;
    }
    // Walked, it would hold the pictures of other classes. Java tells of folders below root only.
    if (leadsBack(folder, root)) {
      problem.accept(folder + BACK);
      return FileVisitResult.SKIP_SUBTREE;
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
    if (hidden(file)) {
      return FileVisitResult.CONTINUE;
    }
    if (attributes.isDirectory()) {
      problem.accept(file + ": folders lie deeper than " + DEEPEST + " levels");
    } else if (!namedAsPicture(file)) {
      others++;
    } else if (!attributes.isRegularFile()) {
      problem.accept(
          file + (attributes.isSymbolicLink() ? ": a link to nothing" : ": is not a regular file"));
    } else {
      found.add(file);
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFileFailed(Path file, IOException e) {
    if (e instanceof FileSystemLoopException) {
      problem.accept(file + BACK);
    } else if (e instanceof AccessDeniedException) {
      problem.accept(file + ": may not be read; change its permissions");
    } else {
      throw DataFiles.unreadable(file, e);
    }
    return FileVisitResult.CONTINUE;
  }
}
