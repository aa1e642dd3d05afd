package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights from a file of any format that is read here, as tensors by name. Which format it is the
 * file's content says, not its name.
 *
 * @param where the file, as messages call it
 * @param format of the file
 * @param tensors by name, without {@code prefix}; in the file's order
 * @param metadata texts that travelled with them
 * @param nesting the keys, joined by dots, under which a checkpoint keeps them; mostly empty
 * @param prefix what all names began with because the network was wrapped, such as {@code module.};
 *     mostly empty
 */
public record StateDict(
    String where,
    Format format,
    Map<String, Tensor> tensors,
    Map<String, String> metadata,
    String nesting,
    String prefix) {
  /** Formats of weights. */
  public enum Format {
    /** Safetensors. */
    SAFETENSORS("safetensors"),
    /** What {@code torch.save} writes. */
    PYTORCH("PyTorch");

    private final String text;

    Format(String text) {
      this.text = text;
    }

    /** As people call it. */
    @Override
    public String toString() {
      return text;
    }
  }

  /** What wrappers of PyTorch networks put before every name. */
  private static final List<String> PREFIXES =
      List.of("module.", "_orig_mod.", "model.", "backbone.");

  private static final byte[] ZIP = {'P', 'K', 3, 4};
  private static final byte[] BARE_PICKLE = {(byte) 0x80};
  private static final byte[] TAR = "ustar".getBytes(StandardCharsets.US_ASCII);
  private static final int TAR_AT = 257;
  private static final int LONGEST_NAME = 500;
  private static final int MAGIC_BYTES = 512;

  /** Copies the maps. */
  public StateDict {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /**
   * Reads a safetensors file or what {@code torch.save} wrote of a state dict or of a checkpoint
   * that holds one. Nothing in the file is run.
   *
   * @throws InvalidInputException if the file is missing, damaged or of no format that is read
   * @throws UncheckedIOException if reading fails
   */
  public static StateDict read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          file + ": no such file; expected weights as safetensors or PyTorch's .pth");
    }
    try {
      byte[] start = start(file);
      boolean safetensors = looksLikeSafetensors(start);
      boolean zip = !safetensors && stands(ZIP, start, 0);
      if (zip || stands(LegacyPyTorchFile.MAGIC, start, 0)) {
        PickledTensors.Content content =
            zip ? PyTorchFile.read(file) : LegacyPyTorchFile.read(file);
        return unwrapped(file, Format.PYTORCH, content.tensors(), Map.of(), content.nesting());
      }
      if (!safetensors && (stands(TAR, start, TAR_AT) || stands(BARE_PICKLE, start, 0))) {
        throw new InvalidInputException(
            file
                + ": a tar as PyTorch wrote it before version 0.1.10, or a pickle of something else,"
                + " which is not read; where you trust it, save it anew with a later PyTorch:"
                + " torch.save(torch.load(FILE, map_location='cpu'), NEW)");
      }
    } catch (AccessDeniedException e) {
      throw new InvalidInputException(file + ": may not be read; check its permissions", e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
    }
    Safetensors read = Safetensors.read(file);
    return unwrapped(file, Format.SAFETENSORS, read.tensors(), read.metadata(), "");
  }

  private static byte[] start(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return in.readNBytes(MAGIC_BYTES);
    }
  }

  private static boolean stands(byte[] magic, byte[] start, int at) {
    return start.length >= at + magic.length
        && Arrays.equals(magic, 0, magic.length, start, at, at + magic.length);
  }

  /** The first byte is the lowest of the header's length and may be that of another format. */
  private static boolean looksLikeSafetensors(byte[] start) {
    return start.length > 8 && start[8] == '{' && start[7] == 0;
  }

  private static StateDict unwrapped(
      Path file,
      Format format,
      Map<String, Tensor> tensors,
      Map<String, String> metadata,
      String nesting) {
    tensors.keySet().forEach(name -> requireName(file, name));
    Map<String, Tensor> named = tensors;
    StringBuilder removed = new StringBuilder();
    // Bounded, since a hostile name may be one prefix a million times over.
    for (int round = 0; round < PREFIXES.size(); round++) {
      String prefix = common(named);
      if (prefix.isEmpty()) {
        break;
      }
      Map<String, Tensor> shorter = new LinkedHashMap<>();
      int length = prefix.length();
      named.forEach((name, tensor) -> shorter.put(name.substring(length), tensor));
      named = shorter;
      removed.append(prefix);
    }
    return new StateDict(file.toString(), format, named, metadata, nesting, removed.toString());
  }

  /** Names stand in messages and reports. */
  private static void requireName(Path file, String name) {
    if (name.length() > LONGEST_NAME || name.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidInputException(
          file
              + ": a tensor is called '"
              + Excerpt.of(name)
              + "'; expected a name of at most "
              + LONGEST_NAME
              + " characters, none of them a control character");
    }
  }

  /** The prefix that every name carries, or none. */
  private static String common(Map<String, Tensor> tensors) {
    if (tensors.isEmpty()) {
      return "";
    }
    return PREFIXES.stream()
        .filter(prefix -> tensors.keySet().stream().allMatch(name -> name.startsWith(prefix)))
        .findFirst()
        .orElse("");
  }

  /** One line: format, and where in the file the tensors were. */
  @Override
  public String toString() {
    return where
        + ": "
        + format
        + ", "
        + tensors.size()
        + " tensors"
        + (nesting.isEmpty() ? "" : " under '" + nesting + "'")
        + (prefix.isEmpty() ? "" : ", all called '" + prefix + "*'");
  }
}
