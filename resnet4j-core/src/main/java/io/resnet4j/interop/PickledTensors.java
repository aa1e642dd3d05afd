package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tensors of a pickled state dict, gathered from the storages that they are views of. */
final class PickledTensors {
  /** Where checkpoints keep the weights, in the order in which these are looked for. */
  private static final List<String> WRAPPERS =
      List.of("state_dict", "model_state_dict", "model", "net", "ema");

  private static final int MOST_RANK = 16;

  /** Where the numbers are. */
  interface Storages {
    /**
     * The numbers of a storage, in the byte order that the buffer has.
     *
     * @param what messages call the tensor that wants them
     * @throws InvalidInputException if there is no such storage, or it is of another size
     * @throws IOException if reading fails
     */
    ByteBuffer read(String what, Pickled.Storage storage) throws IOException;

    /**
     * Counts memory that is about to be taken for what is in the file.
     *
     * @throws InvalidInputException if that is more than any honest file of its size needs
     */
    void charge(long bytes);
  }

  /**
   * The tensors, and the key under which they were found.
   *
   * @param nesting such as {@code state_dict}; empty where the outermost dictionary holds them
   */
  record Content(Map<String, Tensor> tensors, String nesting) {}

  private final String where;
  private final Storages storages;
  private final Map<Pickled.Storage, ByteBuffer> known = new HashMap<>();

  private PickledTensors(String where, Storages storages) {
    this.where = where;
    this.storages = storages;
  }

  /**
   * The weights in {@code value}; what else a checkpoint holds is left out unread.
   *
   * @param where what messages begin with
   * @throws InvalidInputException if there are none, or a tensor is not what it can be
   * @throws IOException if reading a storage fails
   */
  static Content of(String where, Pickled value, Storages storages) throws IOException {
    PickledTensors reader = new PickledTensors(where, storages);
    List<String> path = new ArrayList<>();
    Pickled.Dict dict = reader.weights(value, path);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, Pickled.View> named : dict.tensors().entrySet()) {
      tensors.put(named.getKey(), reader.tensor(named.getKey(), named.getValue()));
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
    ByteBuffer data = read(what, view.storage());
    int offset = (int) view.offset();
    if (stored.asInMemory()
        && data.order() == ByteOrder.LITTLE_ENDIAN
        && rowMajor(sizes, strides)) {
      int bytes = (int) shape.elements() * stored.bytes;
      return stored.tensor(shape, data.slice(offset * stored.bytes, bytes));
    }
    storages.charge(shape.elements() * stored.type.bytes());
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
              + Excerpt.of(Arrays.toString(sizes))
              + "; expected at most "
              + MOST_RANK
              + " extents, all positive, of at most 2 GiB");
    }
    return Arrays.stream(sizes).mapToInt(size -> (int) size).toArray();
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

  /** A storage, which several tensors may be views of, is read once. */
  private ByteBuffer read(String what, Pickled.Storage storage) throws IOException {
    ByteBuffer data = known.get(storage);
    if (data == null) {
      long bytes = storage.elements() * storage.type().bytes;
      if (storage.elements() < 1 || storage.elements() > Integer.MAX_VALUE / storage.type().bytes) {
        throw error(
            what
                + " takes "
                + storage.elements()
                + " elements of "
                + storage.type()
                + "; expected some, at most 2 GiB of them");
      }
      data = storages.read(what, storage);
      if (data.remaining() != bytes) {
        throw new IllegalStateException(what + ": " + data + " for " + storage);
      }
      known.put(storage, data);
    }
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
