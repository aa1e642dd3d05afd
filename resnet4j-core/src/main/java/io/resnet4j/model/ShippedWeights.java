package io.resnet4j.model;

import io.resnet4j.CacheFolder;
import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.interop.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Networks that were trained here on CIFAR-10 and travel with the library, so that there is
 * something real to predict with, explain, fine-tune and take apart. Pictures of 3x32x32, ten
 * classes; how each was trained and how well it does its metadata tell, and {@code
 * docs/weights.md}.
 */
public final class ShippedWeights {
  /** What stands before a name where a file might be given too. */
  public static final String PREFIX = "resnet4j:";

  private static final List<String> NAMES = List.of("resnet20-cifar10", "resnet56-cifar10");

  private static final String FOLDER = "shipped";

  private ShippedWeights() {}

  /** All there are. */
  public static List<String> names() {
    return NAMES;
  }

  /**
   * A file with the weights, for everything that reads files: a copy in the cache folder, or in a
   * temporary one where that cannot be written.
   *
   * @param name one of {@link #names}
   * @throws InvalidInputException if there is none of that name
   */
  public static Path file(String name) {
    return file(name, CacheFolder.usual());
  }

  static Path file(String name, Path cache) {
    byte[] content = content(name);
    try {
      try {
        return copy(content, cache.resolve(FOLDER).resolve(fileName(name)));
      } catch (IOException e) {
        Path temporary = Files.createTempDirectory("resnet4j-" + FOLDER);
        temporary.toFile().deleteOnExit();
        Path file = copy(content, temporary.resolve(fileName(name)));
        file.toFile().deleteOnExit();
        return file;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          name
              + ": the weights that travel with the library can be written neither to "
              + cache
              + " nor to the temporary folder; name a folder with "
              + CacheFolder.VARIABLE,
          e);
    }
  }

  /**
   * The file that a text means: a name after {@link #PREFIX}, or else a path.
   *
   * @throws InvalidInputException if there is none of that name
   */
  public static Path resolve(String fileOrName) {
    return fileOrName.startsWith(PREFIX)
        ? file(fileOrName.substring(PREFIX.length()))
        : Path.of(fileOrName);
  }

  private static String fileName(String name) {
    return name + ".safetensors";
  }

  private static byte[] content(String name) {
    if (!NAMES.contains(name)) {
      throw new InvalidInputException(
          PREFIX
              + name
              + ": no such weights travel with the library; expected one of "
              + String.join(", ", NAMES)
              + Nearest.suggestion(name, NAMES));
    }
    try (InputStream in = ShippedWeights.class.getResourceAsStream(fileName(name))) {
      if (in == null) {
        throw new IllegalStateException(fileName(name) + " is missing from the library's jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(fileName(name) + ": cannot be read from the library's jar", e);
    }
  }

  private static Path copy(byte[] content, Path file) throws IOException {
    if (!Files.isRegularFile(file) || !Arrays.equals(Files.readAllBytes(file), content)) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      AtomicFile.write(file, content);
    }
    return file;
  }
}
