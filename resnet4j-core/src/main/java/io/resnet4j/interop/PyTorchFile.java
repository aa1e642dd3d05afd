package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Reads what {@code torch.save} has written since PyTorch 1.6: a zip archive of one folder with
 * {@code data.pkl}, a pickle of nested dictionaries whose tensors are views of storages; {@code
 * data/KEY}, the numbers of each storage; and {@code byteorder}, {@code little} (also where it is
 * missing) or {@code big} (pytorch/pytorch, {@code torch/serialization.py}). The pickle is read by
 * {@link Pickle}, which runs nothing.
 */
final class PyTorchFile implements PickledTensors.Storages {
  private static final int MOST_PICKLE_BYTES = 1 << 26;
  private static final Pattern KEY = Pattern.compile("[0-9A-Za-z_]{1,64}");

  private final String where;
  private final Archive archive;
  private final String root;
  private final ByteOrder order;

  private PyTorchFile(String where, Archive archive) throws IOException {
    this.where = where;
    this.archive = archive;
    this.root = archive.folderOf("data.pkl");
    this.order = order();
  }

  /**
   * Reads the weights of a file; what else a checkpoint holds is left out unread.
   *
   * @throws InvalidInputException if it is damaged, or not of this format
   * @throws IOException if reading fails
   */
  static PickledTensors.Content read(Path file) throws IOException {
    return Archive.read(file, archive -> new PyTorchFile(file.toString(), archive).content());
  }

  private PickledTensors.Content content() throws IOException {
    Pickled value =
        Pickle.read(where + ": data.pkl", archive.bytes(root + "/data.pkl", MOST_PICKLE_BYTES));
    return PickledTensors.of(where, value, this);
  }

  private ByteOrder order() throws IOException {
    String entry = root + "/byteorder";
    if (!archive.holds(entry)) {
      return ByteOrder.LITTLE_ENDIAN;
    }
    String said = new String(archive.bytes(entry, 64), StandardCharsets.ISO_8859_1).strip();
    return switch (said) {
      case "little" -> ByteOrder.LITTLE_ENDIAN;
      case "big" -> ByteOrder.BIG_ENDIAN;
      default -> throw error("byte order '" + Excerpt.of(said) + "'; expected little or big");
    };
  }

  @Override
  public ByteBuffer read(String what, Pickled.Storage storage) throws IOException {
    if (!KEY.matcher(storage.key()).matches()) {
      throw error(what + " is in '" + Excerpt.of(storage.key()) + "', which names no storage");
    }
    String entry = root + "/data/" + storage.key();
    long expected = storage.elements() * storage.type().bytes;
    if (archive.size(entry) != expected) {
      throw error(
          what
              + " takes "
              + storage.elements()
              + " elements of "
              + storage.type()
              + " from '"
              + Excerpt.of(entry)
              + "', which "
              + (archive.holds(entry) ? "has " + archive.size(entry) + " bytes" : "is missing")
              + "; expected "
              + expected);
    }
    return ByteBuffer.wrap(archive.bytes(entry, (int) expected)).order(order);
  }

  @Override
  public void charge(long bytes) {
    archive.charge(bytes);
  }

  private InvalidInputException error(String what) {
    return new InvalidInputException(where + ": " + what);
  }
}
