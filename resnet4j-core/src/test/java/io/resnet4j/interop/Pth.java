package io.resnet4j.interop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Writes archives as {@code torch.save} does, honest and otherwise. */
final class Pth {
  static final String PICKLE = "a/data.pkl";
  static final String ORDERED_DICT = global("collections", "OrderedDict");

  private Pth() {}

  /** Opcodes written as text, each character a byte, become bytes. */
  static byte[] bytes(String ops) {
    return ops.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A dictionary of names and values, given as opcodes by turns. */
  static String dict(String... namesAndValues) {
    StringBuilder ops = new StringBuilder("}(");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      ops.append(text(namesAndValues[i])).append(namesAndValues[i + 1]);
    }
    return ops.append('u').toString();
  }

  static String text(String value) {
    String utf8 = new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    return "X" + number(4, utf8.length()) + utf8;
  }

  static String whole(long value) {
    return "\u008a\u0008" + number(8, value);
  }

  static String global(String module, String name) {
    return "c" + module + "\n" + name + "\n";
  }

  static String tuple(long... values) {
    StringBuilder ops = new StringBuilder("(");
    for (long value : values) {
      ops.append(whole(value));
    }
    return ops.append('t').toString();
  }

  static String storage(String type, String key, long elements) {
    return "("
        + text("storage")
        + global("torch", type)
        + text(key)
        + text("cpu")
        + whole(elements)
        + "tQ";
  }

  static String tensor(String storage, long offset, String sizes, String strides) {
    return global("torch._utils", "_rebuild_tensor_v2")
        + "("
        + storage
        + whole(offset)
        + sizes
        + strides
        + "\u0089"
        + ORDERED_DICT
        + ")RtR";
  }

  /** A little-endian number. */
  static String number(int bytes, long value) {
    byte[] all = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    return new String(all, 0, bytes, StandardCharsets.ISO_8859_1);
  }

  /** A pickle of protocol 2 in an archive with one storage. */
  static byte[] file(String ops, String key, int storageBytes) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put(PICKLE, bytes("\u0080\u0002" + ops + "."));
    entries.put("a/data/" + key, new byte[storageBytes]);
    return zip(entries, ZipEntry.STORED);
  }

  static byte[] zip(Map<String, byte[]> entries, int method) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> named : entries.entrySet()) {
        CRC32 sum = new CRC32();
        sum.update(named.getValue());
        ZipEntry entry = new ZipEntry(named.getKey());
        entry.setTimeLocal(LocalDateTime.of(1981, 1, 1, 0, 0));
        entry.setMethod(method);
        entry.setSize(named.getValue().length);
        entry.setCrc(sum.getValue());
        zip.putNextEntry(entry);
        zip.write(named.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static Map<String, byte[]> unzip(Path archive) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      for (ZipEntry entry : zip.stream().map(ZipEntry.class::cast).toList()) {
        entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    }
    return entries;
  }
}
