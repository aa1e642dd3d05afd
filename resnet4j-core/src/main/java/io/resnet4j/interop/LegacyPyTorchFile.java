package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads what {@code torch.save} wrote from PyTorch 0.1.10 to 1.5: five pickles one after the other
 * (a magic number, the version of the protocol, the machine that wrote it, nested dictionaries
 * whose tensors are views of storages, the keys of all storages), then the storages in the order of
 * their keys, each as the number of its elements in 64 bits and its numbers (pytorch/pytorch,
 * {@code torch/serialization.py}, {@code _legacy_save}). The pickles are read by {@link Pickle},
 * which runs nothing.
 */
final class LegacyPyTorchFile implements PickledTensors.Storages {
  /** The pickle of the magic number, which every such file begins with. */
  static final byte[] MAGIC = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e");

  private static final int MOST_PICKLE_BYTES = 1 << 26;
  private static final int MOST_GROWTH = 8;
  private static final long PROTOCOL = 1001;

  private final String where;
  private final FileChannel in;
  private final Map<Pickled.Storage, Long> begins = new HashMap<>();
  private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
  private long budget;

  private LegacyPyTorchFile(String where, FileChannel in) throws IOException {
    this.where = where;
    this.in = in;
    this.budget = MOST_GROWTH * in.size();
  }

  /**
   * Reads the weights of a file; what else a checkpoint holds is left out unread.
   *
   * @throws InvalidInputException if it is damaged, or not of this format
   * @throws IOException if reading fails
   */
  static PickledTensors.Content read(Path file) throws IOException {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      return new LegacyPyTorchFile(file.toString(), in).content();
    }
  }

  private PickledTensors.Content content() throws IOException {
    ByteBuffer head = bytes(0, (int) Math.min(in.size(), MOST_PICKLE_BYTES));
    head.position(MAGIC.length);
    Pickled version = Pickle.next(where + ": version", head).value();
    if (!version.equals(new Pickled.Whole(PROTOCOL))) {
      throw error("is of another version of the protocol than " + PROTOCOL);
    }
    if (Pickle.next(where + ": machine", head).value() instanceof Pickled.Dict machine
        && machine.entries().get("little_endian") instanceof Pickled.Whole little
        && little.value() == 0) {
      order = ByteOrder.BIG_ENDIAN;
    }
    Pickle.Read tensors = Pickle.next(where + ": tensors", head);
    Pickled keys = Pickle.next(where + ": keys", head).value();
    find(keys, tensors.storages(), head.position());
    return PickledTensors.of(where, tensors.value(), this);
  }

  /** Where each storage begins: one stands behind the other. */
  private void find(Pickled keys, Iterable<Pickled.Storage> storages, long behindKeys)
      throws IOException {
    if (!(keys instanceof Pickled.Sequence list)) {
      throw error("has no list of the keys of its storages");
    }
    Map<String, Pickled.Storage> named = new LinkedHashMap<>();
    storages.forEach(storage -> named.put(storage.key(), storage));
    long at = behindKeys;
    for (Pickled key : list.items()) {
      Pickled.Storage storage = key instanceof Pickled.Text text ? named.get(text.value()) : null;
      if (storage == null) {
        throw error("has a storage that no tensor is in");
      }
      String what = "storage '" + Excerpt.of(storage.key()) + "'";
      long left = in.size() - at - Long.BYTES;
      if (left < 0) {
        throw error(what + " is missing; it is cut short");
      }
      long elements = bytes(at, Long.BYTES).getLong(0);
      at += Long.BYTES;
      if (elements != storage.elements()
          || elements < 0
          || elements > left / storage.type().bytes) {
        throw error(
            what
                + " has "
                + elements
                + " elements of "
                + storage.type()
                + " in "
                + left
                + " bytes; expected "
                + storage.elements()
                + "; the file is damaged or cut short");
      }
      begins.put(storage, at);
      at += elements * storage.type().bytes;
    }
  }

  @Override
  public ByteBuffer read(String what, Pickled.Storage storage) throws IOException {
    Long at = begins.get(storage);
    if (at == null) {
      throw error(what + " is in storage '" + Excerpt.of(storage.key()) + "', which is missing");
    }
    int length = (int) (storage.elements() * storage.type().bytes);
    charge(length);
    return bytes(at, length).order(order);
  }

  @Override
  public void charge(long bytes) {
    budget -= bytes;
    if (budget < 0) {
      throw error("takes more than " + MOST_GROWTH + " times its size; refused");
    }
  }

  private ByteBuffer bytes(long from, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (in.read(buffer, from + buffer.position()) < 0) {
        throw error("became shorter while it was read; read it again");
      }
    }
    return buffer.flip();
  }

  private InvalidInputException error(String what) {
    return new InvalidInputException(where + ": " + what);
  }
}
