package io.resnet4j.interop;

import io.resnet4j.InvalidInputException;
import io.resnet4j.random.KeyedRandom;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;

/**
 * Reads mutated weights: each must be a clear error or a load, within a time and with no more
 * memory than a file of its size justifies. Mutant {@code n} of a seed is the same on every
 * machine.
 *
 * <pre>java -Xmx256m -cp ... io.resnet4j.interop.WeightsFuzz pth|safetensors COUNT SEED</pre>
 */
final class WeightsFuzz {
  /** A load takes milliseconds; this only tells a hang from a busy machine. */
  private static final long MOST_SECONDS = 20;

  /** JSON trees and pickled values take this much more room than the bytes they are written in. */
  private static final int MOST_GROWTH = 100;

  private static final long FIXED_BYTES = 4 << 20;
  private static final int LONGEST_MESSAGE = 2000;
  private static final long[] INTERESTING = {
    0,
    1,
    2,
    7,
    8,
    127,
    128,
    255,
    256,
    65535,
    65536,
    1 << 24,
    Integer.MAX_VALUE,
    0x80000000L,
    0xffffffffL,
    1L << 32,
    1L << 40,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -1
  };

  private final String format;
  private final long seed;
  private final List<byte[]> seeds = new ArrayList<>();
  private final List<Map<String, byte[]>> archives = new ArrayList<>();
  private final com.sun.management.ThreadMXBean memory =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  WeightsFuzz(String format, long seed, Path folder) throws IOException {
    this.format = format;
    this.seed = seed;
    if (format.equals("pth")) {
      for (String name : StateDictTest.goldens()) {
        byte[] archive = Files.readAllBytes(StateDictTest.golden(name));
        seeds.add(archive);
        archives.add(name.startsWith("legacy") ? Map.of() : Pth.unzip(StateDictTest.golden(name)));
      }
    } else {
      Path file = folder.resolve("seed");
      SafetensorsTest.sample().write(file);
      seeds.add(Files.readAllBytes(file));
    }
  }

  /**
   * What became of the mutants.
   *
   * @param refused with a clear message
   * @param read as tensors
   */
  record Outcome(int refused, int read) {}

  /** Reads mutants 0 to {@code count} - 1 and watches that none takes too long. */
  Outcome run(int count, Path folder) throws IOException, InterruptedException {
    Path file = folder.resolve("mutant." + format);
    int[] done = new int[2];
    Throwable[] failure = new Throwable[1];
    java.util.concurrent.atomic.AtomicInteger at = new java.util.concurrent.atomic.AtomicInteger();
    Thread worker =
        new Thread(
            () -> {
              try {
                for (int n = 0; n < count; n++) {
                  at.set(n);
                  done[attempt(n, file) ? 1 : 0]++;
                }
              } catch (Throwable e) {
                failure[0] = new AssertionError(format + " seed " + seed + " mutant " + at, e);
              }
            });
    worker.setDaemon(true);
    worker.start();
    for (int before = -1; worker.isAlive(); ) {
      worker.join(MOST_SECONDS * 1000);
      if (worker.isAlive() && at.get() == before) {
        throw new AssertionError(
            format
                + " seed "
                + seed
                + " mutant "
                + before
                + ": hangs: "
                + Arrays.toString(worker.getStackTrace()));
      }
      before = at.get();
    }
    if (failure[0] != null) {
      throw new AssertionError(failure[0]);
    }
    return new Outcome(done[0], done[1]);
  }

  /** Whether the mutant was read. */
  private boolean attempt(int n, Path file) throws IOException {
    byte[] mutant = mutant(n);
    Files.write(file, mutant);
    long before = memory.getCurrentThreadAllocatedBytes();
    boolean read;
    try {
      Map<String, Tensor> tensors = StateDict.read(file).tensors();
      tensors.values().forEach(Tensor::toDoubles);
      read = true;
    } catch (InvalidInputException e) {
      String message = e.getMessage();
      if (!message.startsWith(file.toString())
          || message.chars().anyMatch(Character::isISOControl)
          || message.length() > LONGEST_MESSAGE) {
        throw new AssertionError("unclear: " + message, e);
      }
      read = false;
    }
    long taken = memory.getCurrentThreadAllocatedBytes() - before;
    if (taken > (long) MOST_GROWTH * mutant.length + FIXED_BYTES) {
      throw new AssertionError(mutant.length + " bytes made it allocate " + taken);
    }
    return read;
  }

  /** Mutant {@code n}, which depends on nothing but it and the seed. */
  byte[] mutant(int n) {
    KeyedRandom random = KeyedRandom.of(seed, "mutant of " + format).child(n);
    int which = random.nextInt(seeds.size());
    if (format.equals("safetensors")) {
      return safetensors(seeds.get(which), random);
    }
    // Half of them are whole archives around a damaged pickle: others rarely get beyond the zip.
    return archives.get(which).isEmpty() || random.nextBoolean()
        ? bytes(seeds.get(which), random)
        : archive(archives.get(which), random);
  }

  private static byte[] safetensors(byte[] whole, KeyedRandom random) {
    int header = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    if (random.nextInt(8) == 0) {
      return bytes(whole, random);
    }
    if (random.nextInt(8) == 0) {
      byte[] data = whole.clone();
      number(data, 8 + header + random.nextInt(whole.length - 8 - header), random);
      return data;
    }
    byte[] json = Arrays.copyOfRange(whole, 8, 8 + header);
    byte[] damaged = random.nextBoolean() ? numbers(json, random) : bytes(json, random);
    ByteBuffer out =
        ByteBuffer.allocate(whole.length - json.length + damaged.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(random.nextInt(8) == 0 ? header : damaged.length).put(damaged);
    return out.put(whole, 8 + header, whole.length - 8 - header).array();
  }

  /** One number of a text replaced by another. */
  private static byte[] numbers(byte[] json, KeyedRandom random) {
    String text = new String(json, StandardCharsets.UTF_8);
    String[] parts = text.split("(?<=\\D)(?=\\d)|(?<=\\d)(?=\\D)");
    for (int changes = 1 + random.nextInt(3); changes > 0; ) {
      int at = random.nextInt(parts.length);
      if (Character.isDigit(parts[at].charAt(0))) {
        parts[at] = Long.toString(interesting(random));
        changes--;
      }
    }
    return String.join("", parts).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] archive(Map<String, byte[]> honest, KeyedRandom random) {
    Map<String, byte[]> entries = new LinkedHashMap<>(honest);
    List<String> names = List.copyOf(entries.keySet());
    String pickle = names.get(0);
    switch (random.nextInt(8)) {
      case 0 -> entries.remove(names.get(random.nextInt(names.size())));
      case 1 ->
          entries.computeIfPresent(
              names.get(random.nextInt(names.size())), (name, data) -> bytes(data, random));
      case 2 -> {
        byte[] moved = entries.remove(pickle);
        entries.put(new String(bytes(Pth.bytes(pickle), random), StandardCharsets.US_ASCII), moved);
      }
      default -> entries.put(pickle, pickle(entries.get(pickle), random));
    }
    return Pth.zip(entries, random.nextInt(4) == 0 ? ZipEntry.DEFLATED : ZipEntry.STORED);
  }

  /** Opcodes put in place of others, doubled, left out, or given other arguments. */
  private static byte[] pickle(byte[] honest, KeyedRandom random) {
    if (random.nextInt(4) == 0) {
      return bytes(honest, random);
    }
    List<byte[]> ops = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(honest).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      int from = in.position();
      PickleOp.of(in.get()).argument(in);
      ops.add(Arrays.copyOfRange(honest, from, in.position()));
    }
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      int at = random.nextInt(ops.size());
      byte[] op = ops.get(at).clone();
      switch (random.nextInt(5)) {
        case 0 -> ops.remove(at);
        case 1 -> ops.add(random.nextInt(ops.size()), op);
        case 2 -> op[0] = ops.get(random.nextInt(ops.size()))[0];
        case 3 -> op[0] = (byte) random.nextInt(256);
        default -> number(op, 1, random);
      }
      if (at < ops.size() && ops.get(at).length == op.length) {
        ops.set(at, op);
      }
      if (ops.isEmpty()) {
        break;
      }
    }
    int length = ops.stream().mapToInt(op -> op.length).sum();
    ByteBuffer out = ByteBuffer.allocate(length);
    ops.forEach(out::put);
    return out.array();
  }

  private static byte[] bytes(byte[] whole, KeyedRandom random) {
    byte[] bytes = whole.clone();
    for (int changes = 1 + random.nextInt(3); changes > 0 && bytes.length > 1; changes--) {
      int at = place(bytes, random);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> number(bytes, at, random);
        case 3 -> bytes = Arrays.copyOf(bytes, at);
        case 4 -> {
          byte[] piece = new byte[1 + random.nextInt(20)];
          for (int i = 0; i < piece.length; i++) {
            piece[i] = (byte) random.nextInt(256);
          }
          bytes = joined(Arrays.copyOf(bytes, at), piece, tail(bytes, at));
        }
        default -> {
          int end = Math.min(bytes.length, at + 1 + random.nextInt(60));
          byte[] piece = Arrays.copyOfRange(bytes, at, end);
          int to = place(bytes, random);
          bytes = joined(Arrays.copyOf(bytes, to), piece, tail(bytes, to));
        }
      }
    }
    return bytes;
  }

  /** Anywhere, or in the forty bytes behind a zip's signature, where its lengths are. */
  private static int place(byte[] bytes, KeyedRandom random) {
    int at = random.nextInt(bytes.length);
    if (random.nextBoolean()) {
      for (int i = at; i + 1 < bytes.length; i++) {
        if (bytes[i] == 'P' && bytes[i + 1] == 'K') {
          return Math.min(bytes.length - 1, i + random.nextInt(40));
        }
      }
    }
    return at;
  }

  /** An interesting number of 1, 2, 4 or 8 bytes in place of what is there. */
  private static void number(byte[] bytes, int at, KeyedRandom random) {
    long value = interesting(random);
    int width = 1 << random.nextInt(4);
    for (int i = 0; i < width && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >>> 8 * i);
    }
  }

  private static long interesting(KeyedRandom random) {
    return INTERESTING[random.nextInt(INTERESTING.length)];
  }

  private static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, from, bytes.length);
  }

  private static byte[] joined(byte[]... pieces) {
    ByteBuffer out = ByteBuffer.allocate(Arrays.stream(pieces).mapToInt(p -> p.length).sum());
    Arrays.stream(pieces).forEach(out::put);
    return out.array();
  }

  /** Prints how many were refused and read; ends with an exception where one was neither. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("weights-fuzz");
    try {
      int count = Integer.parseInt(arguments[1]);
      WeightsFuzz fuzz = new WeightsFuzz(arguments[0], Long.parseLong(arguments[2]), folder);
      Outcome outcome = fuzz.run(count, folder);
      System.out.println(
          arguments[0] + ": " + outcome.refused() + " refused, " + outcome.read() + " read");
    } finally {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }
}
