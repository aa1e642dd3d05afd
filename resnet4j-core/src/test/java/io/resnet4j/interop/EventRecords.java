package io.resnet4j.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads event files as another tool would: checksums bit by bit, messages by the field numbers that
 * TensorBoard has, with nothing of what writes them.
 */
public final class EventRecords {
  private EventRecords() {}

  /** A record; numbers and the counts of histograms by tag. */
  public record Read(
      double wallTime,
      long step,
      String version,
      boolean start,
      Map<String, Float> scalars,
      Map<String, Buckets> histograms) {}

  /** A histogram. */
  public record Buckets(
      double min,
      double max,
      double num,
      double sum,
      double squares,
      List<Double> limits,
      List<Double> counts) {}

  /** All records of all files of a folder, in the order in which TensorBoard reads them. */
  public static List<Read> ofFolder(Path folder) throws IOException {
    List<Read> all = new ArrayList<>();
    for (Path file : EventFile.files(folder)) {
      all.addAll(of(file));
    }
    return all;
  }

  /** All records of a file, every one of which must be whole. */
  public static List<Read> of(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Read> all = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] length = new byte[8];
      bytes.get(length);
      assertEquals(masked(length), bytes.getInt(), "checksum of a length");
      byte[] data =
          new byte
              [Math.toIntExact(ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong())];
      bytes.get(data);
      assertEquals(masked(data), bytes.getInt(), "checksum of data");
      all.add(event(data));
    }
    return all;
  }

  /** CRC-32C (Castagnoli), by its reflected polynomial. */
  static int crc(byte[] bytes) {
    int crc = -1;
    for (byte each : bytes) {
      crc ^= each & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
      }
    }
    return ~crc;
  }

  static int masked(byte[] bytes) {
    int crc = crc(bytes);
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }

  private static Read event(byte[] data) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(data);
    double time = 0;
    long step = 0;
    String version = "";
    boolean start = false;
    Map<String, Float> scalars = new LinkedHashMap<>();
    Map<String, Buckets> histograms = new LinkedHashMap<>();
    int tag;
    while ((tag = in.readTag()) != 0) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> time = in.readDouble();
        case 2 -> step = in.readInt64();
        case 3 -> version = in.readString();
        case 5 -> summary(in.readByteArray(), scalars, histograms);
        case 7 -> start = List.of((byte) 8, (byte) 1).equals(list(in.readByteArray()));
        default -> throw new AssertionError("field " + WireFormat.getTagFieldNumber(tag));
      }
    }
    return new Read(time, step, version, start, scalars, histograms);
  }

  private static List<Byte> list(byte[] bytes) {
    List<Byte> list = new ArrayList<>();
    for (byte each : bytes) {
      list.add(each);
    }
    return list;
  }

  private static void summary(
      byte[] data, Map<String, Float> scalars, Map<String, Buckets> histograms) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(data);
    int tag;
    while ((tag = in.readTag()) != 0) {
      assertEquals(1, WireFormat.getTagFieldNumber(tag));
      CodedInputStream value = CodedInputStream.newInstance(in.readByteArray());
      String name = "";
      int field;
      while ((field = value.readTag()) != 0) {
        switch (WireFormat.getTagFieldNumber(field)) {
          case 1 -> name = value.readString();
          case 2 -> assertEquals(null, scalars.put(name, value.readFloat()), name + " twice");
          case 5 -> histograms.put(name, histogram(value.readByteArray()));
          default -> throw new AssertionError("field " + WireFormat.getTagFieldNumber(field));
        }
      }
    }
  }

  private static Buckets histogram(byte[] data) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(data);
    double[] numbers = new double[6];
    List<Double> limits = List.of();
    List<Double> counts = List.of();
    int tag;
    while ((tag = in.readTag()) != 0) {
      int field = WireFormat.getTagFieldNumber(tag);
      switch (field) {
        case 6 -> limits = doubles(in.readByteArray());
        case 7 -> counts = doubles(in.readByteArray());
        default -> numbers[field] = in.readDouble();
      }
    }
    return new Buckets(numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], limits, counts);
  }

  private static List<Double> doubles(byte[] data) {
    ByteBuffer bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    List<Double> all = new ArrayList<>();
    while (bytes.hasRemaining()) {
      all.add(bytes.getDouble());
    }
    return all;
  }
}
