package io.resnet4j.backend;

import io.resnet4j.CacheFolder;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * What was measured on this machine, kept between processes: a properties file for each combination
 * of processor, threads and versions. A broken, foreign or unwritable file costs a note in the log
 * and another measurement, never a run.
 */
public final class ChoiceCache {
  private static final System.Logger LOG = System.getLogger(ChoiceCache.class.getName());
  private static final String MACHINE = "machine";
  private static final int MOST_BYTES = 1 << 24;

  private final Path file;
  private final String machine;

  /**
   * The cache of a machine.
   *
   * @param folder of all caches; need not exist
   * @param machine everything that speeds depend on, such as processor, threads and versions
   */
  public ChoiceCache(Path folder, String machine) {
    CRC32 crc = new CRC32();
    crc.update(machine.getBytes(StandardCharsets.UTF_8));
    this.file = folder.resolve(String.format("%08x.properties", crc.getValue()));
    this.machine = machine;
  }

  /** The cache of {@code backend} here, in {@code choices} of {@link CacheFolder#usual}. */
  public static ChoiceCache of(Backend backend) {
    String threads = System.getenv("OMP_NUM_THREADS");
    String machine =
        Processor.name()
            + ", "
            + (threads == null ? Runtime.getRuntime().availableProcessors() : threads)
            + " threads, "
            + backend.name()
            + " "
            + backend.describe();
    return new ChoiceCache(CacheFolder.usual().resolve("choices"), machine);
  }

  /** What has been measured before; nothing where that cannot be read. */
  public Map<String, String> read() {
    if (!Files.isRegularFile(file)) {
      return Map.of();
    }
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new IOException("longer than such a file can be");
      }
      Properties properties = new Properties();
      properties.load(new StringReader(Files.readString(file)));
      if (!machine.equals(properties.remove(MACHINE))) {
        throw new IOException("written on another machine");
      }
      Map<String, String> known = new TreeMap<>();
      properties.forEach((key, value) -> known.put((String) key, (String) value));
      return known;
    } catch (IOException | IllegalArgumentException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: not used, will be measured and written again: {1}",
          file,
          e.getMessage());
      return Map.of();
    }
  }

  /** Adds what was measured now. */
  public void add(Map<String, String> measured) {
    Map<String, String> all = new TreeMap<>(read());
    if (!all.entrySet().containsAll(measured.entrySet())) {
      all.putAll(measured);
      write(all);
    }
  }

  private void write(Map<String, String> all) {
    Properties properties = new Properties();
    properties.putAll(all);
    properties.put(MACHINE, machine);
    try {
      Files.createDirectories(file.getParent());
      Path aside = Files.createTempFile(file.getParent(), "choices", ".part");
      try (var out = Files.newBufferedWriter(aside)) {
        properties.store(out, "Implementations chosen by measuring");
      }
      try {
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "{0}: cannot be written: {1}", file, e.toString());
    }
  }
}
