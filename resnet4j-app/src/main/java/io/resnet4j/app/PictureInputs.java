package io.resnet4j.app;

import io.resnet4j.CacheFolder;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.PictureFolders;
import io.resnet4j.data.Pictures;
import io.resnet4j.fetch.FetchOptions;
import io.resnet4j.fetch.WebFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Makes pictures of what the command line names: files, folders, patterns, addresses of the web
 * where these are allowed, and standard input.
 */
final class PictureInputs {
  /** On the command line: the names come from standard input, a line each. */
  static final String NAMES_FROM_INPUT = "-";

  private static final String INPUT = "standard input";
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int MEBIBYTE = 1 << 20;

  private final Optional<WebFiles> web;
  private final int mostBytes;
  private final InputStream input;

  /**
   * @param web whether addresses may be fetched
   * @param mostMebibytes of a picture that is fetched or comes from standard input
   * @param input standard input
   */
  PictureInputs(boolean web, int mostMebibytes, InputStream input) {
    if (mostMebibytes < 1 || mostMebibytes >= Integer.MAX_VALUE / MEBIBYTE) {
      throw new InvalidInputException("--max-mb " + mostMebibytes + ": expected 1 to 2046");
    }
    this.mostBytes = mostMebibytes * MEBIBYTE;
    FetchOptions options = FetchOptions.of(CacheFolder.usual(), System.getenv());
    this.web = web ? Optional.of(new WebFiles(options, mostBytes, PATIENCE)) : Optional.empty();
    this.input = input;
  }

  /** Pictures in the order in which they were named. */
  record Listed(Stream<PictureInput> pictures, OptionalLong count) {}

  /** What {@code arguments} name; folders and patterns are looked through at once. */
  Listed list(List<String> arguments, boolean pictureFromInput) {
    if (arguments.contains(NAMES_FROM_INPUT)) {
      if (pictureFromInput || arguments.size() > 1) {
        throw new InvalidInputException(
            "predict: '-' takes the names of all pictures from standard input; give it alone");
      }
      return new Listed(names().flatMap(name -> named(name).stream()), OptionalLong.empty());
    }
    List<PictureInput> all = new ArrayList<>();
    if (pictureFromInput) {
      all.add(new PictureInput(INPUT, () -> Pictures.decode(bytesOfInput(), INPUT)));
    }
    arguments.forEach(argument -> all.addAll(argument(argument)));
    if (all.isEmpty()) {
      throw new InvalidInputException(
          "predict: no picture given; expected files, folders, patterns, - or --stdin ('resnet4j"
              + " predict --help' shows what it takes)");
    }
    return new Listed(all.stream(), OptionalLong.of(all.size()));
  }

  private Stream<String> names() {
    return new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8))
        .lines()
        .filter(line -> !line.isBlank());
  }

  private byte[] bytesOfInput() {
    try {
      byte[] bytes = input.readNBytes(mostBytes + 1);
      if (bytes.length > mostBytes) {
        throw new InvalidInputException(
            INPUT + ": more than " + Text.mebibytes(mostBytes) + "; --max-mb allows more");
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(INPUT + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** As {@link #named}, and patterns. */
  private List<PictureInput> argument(String argument) {
    if (argument.matches(".*[*?{\\[].*") && !address(argument)) {
      Optional<Path> file = path(argument).filter(Files::exists);
      if (file.isEmpty()) {
        return matching(argument);
      }
    }
    return named(argument);
  }

  /** A picture, or those of a folder. */
  private List<PictureInput> named(String name) {
    if (address(name)) {
      return List.of(fetched(name));
    }
    Optional<Path> path = path(name);
    if (path.isEmpty()) {
      return List.of(bad(name, "is no name of a file here"));
    }
    return Files.isDirectory(path.get()) ? below(name, path.get()) : List.of(file(path.get()));
  }

  private static boolean address(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.startsWith("http://") || lower.startsWith("https://");
  }

  private PictureInput fetched(String address) {
    return web.map(
            files -> new PictureInput(address, () -> Pictures.decode(files.read(address), address)))
        .orElseGet(() -> bad(address, "is an address of the web; --allow-urls has it fetched"));
  }

  private static PictureInput file(Path file) {
    return new PictureInput(file.toString(), () -> Pictures.read(file));
  }

  private static PictureInput bad(String name, String why) {
    return PictureInput.bad(name, new InvalidInputException(name + ": " + why));
  }

  /** Empty on Windows, where not every text can be a path, or for a text with a zero. */
  private static Optional<Path> path(String name) {
    try {
      return Optional.of(Path.of(name));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static List<PictureInput> below(String name, Path folder) {
    List<PictureInput> all = new ArrayList<>();
    List<Path> files =
        PictureFolders.files(
            folder, why -> all.add(PictureInput.bad(name, new InvalidInputException(why))));
    files.forEach(file -> all.add(file(file)));
    return all.isEmpty()
        ? List.of(bad(name, "no pictures in this folder, by their names (.jpg, .png, ...)"))
        : all;
  }

  /** Files that a pattern of the shell's kind fits; ** stands for any folders between. */
  private static List<PictureInput> matching(String pattern) {
    String slashes = pattern.replace('\\', '/');
    int magic = slashes.replaceFirst("[*?{\\[].*", "").lastIndexOf('/') + 1;
    Path base = Path.of(slashes.substring(0, magic));
    List<PathMatcher> matchers;
    try {
      // As in the shells, ** may stand for no folder at all; in Java's patterns its slash stays.
      matchers = Stream.of(slashes, slashes.replace("**/", "")).map(PictureInputs::glob).toList();
    } catch (PatternSyntaxException e) {
      return List.of(bad(pattern, "is no such file and no pattern: " + e.getDescription()));
    }
    String rest = slashes.substring(magic);
    int depth = rest.contains("**") ? 16 : (int) rest.chars().filter(c -> c == '/').count() + 1;
    if (!Files.isDirectory(base.toAbsolutePath())) {
      return List.of(bad(pattern, "no folder " + base + " to look for this pattern in"));
    }
    try (Stream<Path> walk = Files.walk(base, depth)) {
      List<PictureInput> found =
          walk.filter(file -> matchers.stream().anyMatch(each -> each.matches(file)))
              .filter(Files::isRegularFile)
              .filter(file -> !hidden(base.relativize(file)))
              .sorted()
              .map(PictureInputs::file)
              .toList();
      return found.isEmpty() ? List.of(bad(pattern, "no file fits this pattern")) : found;
    } catch (IOException | UncheckedIOException e) {
      return List.of(bad(pattern, "cannot be looked for: " + e.getMessage()));
    }
  }

  private static PathMatcher glob(String pattern) {
    return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
  }

  private static boolean hidden(Path path) {
    for (Path part : path) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }
}
