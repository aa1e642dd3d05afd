package io.resnet4j.interop;

import io.resnet4j.interop.events.Event;
import io.resnet4j.interop.events.Histogram;
import io.resnet4j.interop.events.SessionLog;
import io.resnet4j.interop.events.Summary;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * An event file of TensorBoard, which draws what such files of a folder hold as one run.
 *
 * <p>The format: records one after the other (TensorFlow's TFRecord), each
 *
 * <pre>
 *   8 bytes  n, little-endian
 *   4 bytes  masked CRC-32C of these 8 bytes, little-endian
 *   n bytes  an Event of event.proto
 *   4 bytes  masked CRC-32C of these n bytes, little-endian
 * </pre>
 *
 * where a checksum c is masked as {@code rotateRight(c, 15) + 0xa282ead8}. The first record says
 * {@value #VERSION}. Files are called {@code events.out.tfevents.<seconds since 1970>.resnet4j} and
 * are read in the order of these names. Records are only ever added: a writer that is killed leaves
 * a file that can be read up to its last whole record.
 */
public final class EventFile implements AutoCloseable {
  private static final String VERSION = "brain.Event:2";
  private static final Pattern NAME =
      Pattern.compile("events\\.out\\.tfevents\\.(\\d+)\\.resnet4j");
  private static final int MASK = 0xa282ead8;
  private static final int HEAD = Long.BYTES + Integer.BYTES;

  /** As many as TensorBoard itself makes of a tensor. */
  private static final int BUCKETS = 30;

  private final Path file;
  private final FileChannel out;

  private EventFile(Path file, FileChannel out) {
    this.file = file;
    this.out = out;
  }

  /**
   * Begins a new file in {@code folder}, named so that it is read after those that are there.
   *
   * @param goesOnAfter the last step that counts of those in the files before; empty in a new run
   * @throws IOException if it cannot be written
   */
  public static EventFile begin(Path folder, OptionalLong goesOnAfter) throws IOException {
    long seconds = (long) now();
    for (Path before : files(folder)) {
      seconds = Math.max(seconds, seconds(before) + 1);
    }
    Path file = folder.resolve("events.out.tfevents." + seconds + ".resnet4j");
    EventFile begun =
        new EventFile(
            file, FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    try {
      begun.append(Event.newBuilder().setWallTime(now()).setFileVersion(VERSION).build());
      if (goesOnAfter.isPresent()) {
        // For a TensorBoard that has read steps which this run takes again.
        begun.append(
            Event.newBuilder()
                .setWallTime(now())
                .setStep(goesOnAfter.getAsLong() + 1)
                .setSessionLog(SessionLog.newBuilder().setStatus(SessionLog.Status.START))
                .build());
      }
    } catch (IOException | RuntimeException e) {
      begun.close();
      throw e;
    }
    return begun;
  }

  /** The event files of this library in {@code folder}, in the order in which they are read. */
  public static List<Path> files(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> entries = Files.list(folder)) {
      entries
          .filter(entry -> NAME.matcher(entry.getFileName().toString()).matches())
          .sorted()
          .forEach(files::add);
    }
    return files;
  }

  private static long seconds(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    return name.matches() && name.group(1).length() < 18 ? Long.parseLong(name.group(1)) : 0;
  }

  private static double now() {
    return System.currentTimeMillis() / 1000.0;
  }

  /** Where it stands. */
  public Path path() {
    return file;
  }

  /**
   * Adds what was measured at a step and flushes it to the disk. Where that fails, the file ends
   * with the record before.
   *
   * @param step the place on the x axis
   */
  public void write(long step, Values values) throws IOException {
    append(Event.newBuilder().setWallTime(now()).setStep(step).setSummary(values.summary).build());
  }

  private void append(Event event) throws IOException {
    byte[] data = event.toByteArray();
    ByteBuffer record =
        ByteBuffer.allocate(HEAD + data.length + Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(masked(record.array(), 0, Long.BYTES));
    record.put(data);
    record.putInt(masked(data, 0, data.length));
    record.flip();
    long whole = out.position();
    try {
      while (record.hasRemaining()) {
        out.write(record);
      }
      out.force(true);
    } catch (IOException e) {
      try {
        out.truncate(whole);
      } catch (IOException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  private static int masked(byte[] bytes, int from, int count) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, count);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  /**
   * Cuts a file before the first record that is to go, and before what is damaged or was cut short.
   *
   * @param goes whether a record is to go, by its step and tags
   */
  public static void cut(Path file, BiPredicate<Long, Set<String>> goes) throws IOException {
    long kept = 0;
    long size = Files.size(file);
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file))) {
      DataInputStream in = new DataInputStream(bytes);
      Optional<byte[]> data;
      while ((data = record(in, size - kept)).isPresent()) {
        Event event = Event.parseFrom(data.get());
        Set<String> tags = new TreeSet<>();
        event.getSummary().getValueList().forEach(value -> tags.add(value.getTag()));
        if (!tags.isEmpty() && goes.test(event.getStep(), tags)) {
          break;
        }
        kept += HEAD + data.get().length + Integer.BYTES;
      }
    }
    if (kept < size) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(kept);
        channel.force(true);
      }
    }
  }

  /** The next record's data; empty where no whole and undamaged record follows. */
  private static Optional<byte[]> record(DataInputStream in, long left) throws IOException {
    byte[] head = in.readNBytes(HEAD);
    ByteBuffer numbers = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    if (head.length < HEAD || numbers.getInt(Long.BYTES) != masked(head, 0, Long.BYTES)) {
      return Optional.empty();
    }
    long length = numbers.getLong(0);
    if (length < 0 || length > Math.min(left - HEAD - Integer.BYTES, Integer.MAX_VALUE - HEAD)) {
      return Optional.empty();
    }
    byte[] data = in.readNBytes((int) length);
    byte[] tail = in.readNBytes(Integer.BYTES);
    if (tail.length < Integer.BYTES
        || ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt()
            != masked(data, 0, data.length)) {
      return Optional.empty();
    }
    return Optional.of(data);
  }

  /** Closes the file; all that was written is in it. */
  @Override
  public void close() throws IOException {
    out.close();
  }

  /**
   * Numbers and histograms of one step, by tag. TensorBoard draws tags that are alike up to a slash
   * side by side.
   */
  public static final class Values {
    private static final String NON_FINITE = "/non_finite";

    private final Summary.Builder summary = Summary.newBuilder();

    /** Nothing yet. */
    public Values() {}

    /** Adds a number, which is kept in f32. */
    public Values scalar(String tag, double value) {
      summary.addValue(Summary.Value.newBuilder().setTag(tag).setSimpleValue((float) value));
      return this;
    }

    /**
     * Adds how numbers are distributed, in {@value #BUCKETS} buckets of one width from the least to
     * the largest. Numbers that are not finite have no bucket: how many there are, if there are
     * any, stands beside it as a number, the tag with {@value #NON_FINITE} behind it.
     */
    public Values histogram(String tag, double[] values) {
      double min = Double.POSITIVE_INFINITY;
      double max = Double.NEGATIVE_INFINITY;
      double sum = 0;
      double squares = 0;
      long count = 0;
      for (double value : values) {
        if (Double.isFinite(value)) {
          min = Math.min(min, value);
          max = Math.max(max, value);
          sum += value;
          squares += value * value;
          count++;
        }
      }
      if (count < values.length) {
        scalar(tag + NON_FINITE, values.length - count);
      }
      if (count == 0) {
        return this;
      }
      int buckets = min < max ? BUCKETS : 1;
      // Divided first: the distance of the largest numbers has no double.
      double width = max / buckets - min / buckets;
      long[] counts = new long[buckets];
      for (double value : values) {
        if (Double.isFinite(value)) {
          double at = width > 0 ? (value - min) / width : 0;
          counts[(int) Math.max(0, Math.min(buckets - 1, at))]++;
        }
      }
      Histogram.Builder histogram =
          Histogram.newBuilder()
              .setMin(min)
              .setMax(max)
              .setNum(count)
              .setSum(sum)
              .setSumSquares(squares);
      for (int i = 0; i < buckets; i++) {
        histogram.addBucketLimit(i == buckets - 1 ? max : min + (i + 1) * width);
        histogram.addBucket(counts[i]);
      }
      summary.addValue(Summary.Value.newBuilder().setTag(tag).setHisto(histogram));
      return this;
    }

    /** Whether nothing was added. */
    public boolean isEmpty() {
      return summary.getValueCount() == 0;
    }
  }
}
