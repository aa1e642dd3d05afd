package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads what {@code torch.save} has written since PyTorch 1.6: a zip archive of one folder with
 * {@code data.pkl}, a pickle of nested dictionaries whose tensors are views of storages; {@code
 * data/KEY}, the numbers of each storage; and {@code byteorder}, {@code little} (also where it is
 * missing) or {@code big} (pytorch/pytorch, {@code torch/serialization.py}). The pickle is read by
 * {@link Pickle}, which runs nothing.
 */
final class PyTorchFile {
  /** Where checkpoints keep the weights, in the order in which these are looked for. */
  private static final List<String> WRAPPERS =
      List.of("state_dict", "model_state_dict", "model", "net", "ema");

  private static final int MOST_PICKLE_BYTES = 1 << 26;
  private static final int MOST_RANK = 16;
  private static final Pattern KEY = Pattern.compile("[0-9A-Za-z_]{1,64}");

  private final String where;
  private final Archive archive;
  private final String root;
  private final ByteOrder order;
  private final Map<Pickled.Storage, ByteBuffer> storages = new HashMap<>();

  private PyTorchFile(String where, Archive archive) throws IOException {
    this.where = where;
    this.archive = archive;
    this.root = archive.folderOf("data.pkl");
    this.order = order();
  }

  /**
   * The tensors, and the key under which they were found.
   *
   * @param nesting such as {@code state_dict}; empty where the outermost dictionary holds them
   */
  record Content(Map<String, Tensor> tensors, String nesting) {}

  /**
   * Reads the weights of a file; what else a checkpoint holds is left out unread.
   *
   * @throws InvalidInputException if it is damaged, or not of this format
   * @throws IOException if reading fails
   */
  static Content read(Path file) throws IOException {
    return Archive.read(file, archive -> new PyTorchFile(file.toString(), archive).content());
  }

  private Content content() throws IOException {
    Pickled value =
        Pickle.read(where + ": data.pkl", archive.bytes(root + "/data.pkl", MOST_PICKLE_BYTES));
    List<String> path = new ArrayList<>();
    Pickled.Dict dict = weights(value, path);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, Pickled.View> named : dict.tensors().entrySet()) {
      tensors.put(named.getKey(), tensor(named.getKey(), named.getValue()));
    }
    return new Content(tensors, String.join(".", path));
  }

  /** A dictionary may hold itself, so each wrapper is gone into once. */
  private Pickled.Dict weights(Pickled value, List<String> path) {
    if (!(value instanceof Pickled.Dict dict)) {
      throw error("holds no dictionary of named tensors");
    }
    for (String key : WRAPPERS) {
      if (dict.entries().get(key) instanceof Pickled.Dict inner && !path.contains(key)) {
        path.add(key);
        return weights(inner, path);
      }
    }
    if (dict.tensors().isEmpty()) {
      throw error(
          "holds no tensors by name, but "
              + Excerpt.of(dict.entries().keySet().stream().limit(5).toList().toString())
              + "; looked in "
              + String.join(", ", WRAPPERS));
    }
    return dict;
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

  private Tensor tensor(String name, Pickled.View view) throws IOException {
    String what = "tensor '" + Excerpt.of(name) + "'";
    StoredType stored = view.storage().type();
    int[] sizes = sizes(what, view.sizes(), stored);
    long[] strides = numbers(view.strides());
    if (strides.length != sizes.length) {
      throw error(what + " has " + sizes.length + " extents and " + strides.length + " strides");
    }
    Shape shape = Shape.of(sizes);
    requireInside(what, view, sizes, strides);
    ByteBuffer data = storage(what, view.storage());
    int offset = (int) view.offset();
    if (stored.asInMemory() && order == ByteOrder.LITTLE_ENDIAN && rowMajor(sizes, strides)) {
      int bytes = (int) shape.elements() * stored.bytes;
      return stored.tensor(shape, data.slice(offset * stored.bytes, bytes));
    }
    archive.charge(shape.elements() * stored.type.bytes());
    ByteBuffer gathered = stored.buffer(shape);
    gather(stored, data, offset, sizes, strides, 0, gathered);
    return Tensor.of(shape, stored.type, gathered.flip());
  }

  private int[] sizes(String what, Pickled.Tuple given, StoredType stored) {
    long[] sizes = numbers(given);
    double bytes = stored.type.bytes();
    boolean positive = true;
    for (long size : sizes) {
      positive &= size > 0;
      bytes *= size;
    }
    if (!positive || bytes > Integer.MAX_VALUE || sizes.length > MOST_RANK) {
      throw error(
          what
              + " has shape "
              + Excerpt.of(java.util.Arrays.toString(sizes))
              + "; expected at most "
              + MOST_RANK
              + " extents, all positive, of at most 2 GiB");
    }
    return java.util.Arrays.stream(sizes).mapToInt(size -> (int) size).toArray();
  }

  private long[] numbers(Pickled.Tuple tuple) {
    long[] numbers = new long[tuple.items().size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!(tuple.items().get(i) instanceof Pickled.Whole whole)) {
        throw error("a tensor whose shape or strides are no whole numbers");
      }
      numbers[i] = whole.value();
    }
    return numbers;
  }

  private void requireInside(String what, Pickled.View view, int[] sizes, long[] strides) {
    long elements = view.storage().elements();
    long offset = view.offset();
    boolean inside = offset >= 0 && offset < elements;
    double last = offset;
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] > 1) {
        inside &= strides[i] >= 0;
        last += (sizes[i] - 1.0) * strides[i];
      }
    }
    if (!inside || last >= elements) {
      throw error(
          what
              + " reaches from element "
              + offset
              + " outside its storage of "
              + elements
              + " elements");
    }
  }

  private ByteBuffer storage(String what, Pickled.Storage storage) throws IOException {
    ByteBuffer known = storages.get(storage);
    if (known != null) {
      return known;
    }
    if (!KEY.matcher(storage.key()).matches()) {
      throw error(what + " is in '" + Excerpt.of(storage.key()) + "', which names no storage");
    }
    String entry = root + "/data/" + storage.key();
    long expected = storage.elements() * storage.type().bytes;
    boolean fits =
        storage.elements() > 0 && storage.elements() <= Integer.MAX_VALUE / storage.type().bytes;
    if (!fits || archive.size(entry) != expected) {
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
              + expected
              + ", at most 2 GiB");
    }
    ByteBuffer data = ByteBuffer.wrap(archive.bytes(entry, (int) expected)).order(order);
    storages.put(storage, data);
    return data;
  }

  /** The stride of an extent of one says nothing. */
  private static boolean rowMajor(int[] sizes, long[] strides) {
    long step = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      if (sizes[i] > 1 && strides[i] != step) {
        return false;
      }
      step *= sizes[i];
    }
    return true;
  }

  private static void gather(
      StoredType stored,
      ByteBuffer data,
      long from,
      int[] sizes,
      long[] strides,
      int axis,
      ByteBuffer to) {
    if (axis == sizes.length) {
      stored.append(data, (int) from * stored.bytes, to);
      return;
    }
    for (int i = 0; i < sizes[axis]; i++) {
      gather(stored, data, from + i * strides[axis], sizes, strides, axis + 1, to);
    }
  }

  private InvalidInputException error(String what) {
    return new InvalidInputException(where + ": " + what);
  }
}
