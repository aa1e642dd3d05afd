package io.resnet4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records of TensorBoard, read by {@link EventRecords}, which shares nothing with their writer. */
class EventFileTest {
  @TempDir Path temp;

  private Path written(OptionalLong after, long... steps) throws IOException {
    try (EventFile file = EventFile.begin(temp, after)) {
      for (long step : steps) {
        file.write(step, new EventFile.Values().scalar("train/loss", step / 10.0));
      }
      return file.path();
    }
  }

  private List<Long> steps() throws IOException {
    return EventRecords.ofFolder(temp).stream()
        .filter(each -> !each.scalars().isEmpty())
        .map(EventRecords.Read::step)
        .toList();
  }

  @Test
  void theReaderOfTheTestsKnowsTheChecksum() {
    // RFC 3720, B.4, and the usual check value.
    assertEquals(0xe3069283, EventRecords.crc("123456789".getBytes(StandardCharsets.US_ASCII)));
    assertEquals(0x8a9136aa, EventRecords.crc(new byte[32]));
    byte[] ones = new byte[32];
    Arrays.fill(ones, (byte) -1);
    assertEquals(0x62a8ab43, EventRecords.crc(ones));
  }

  @Test
  void recordsHoldWhatWasWritten() throws IOException {
    double before = System.currentTimeMillis() / 1000.0;
    Path file = written(OptionalLong.empty(), 7, 300);
    assertTrue(
        file.getFileName().toString().matches("events\\.out\\.tfevents\\.\\d{10}\\.resnet4j"),
        file.toString());
    List<EventRecords.Read> records = EventRecords.of(file);
    assertEquals(
        List.of("brain.Event:2", "", ""),
        records.stream().map(EventRecords.Read::version).toList());
    assertEquals(Map.of("train/loss", 0.7f), records.get(1).scalars());
    assertEquals(300, records.get(2).step());
    for (EventRecords.Read each : records) {
      assertTrue(each.wallTime() >= before && each.wallTime() < before + 60, each.toString());
      assertFalse(each.start());
    }
  }

  @Test
  void histogramsCountEveryFiniteNumber() throws IOException {
    double[] numbers = new double[10_000];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i < 9_000 ? i % 10 : 29.999;
    }
    numbers[1] = Double.NaN;
    numbers[2] = Double.POSITIVE_INFINITY;
    try (EventFile file = EventFile.begin(temp, OptionalLong.empty())) {
      assertTrue(new EventFile.Values().histogram("empty", new double[0]).isEmpty());
      file.write(
          1,
          new EventFile.Values()
              .histogram("none", new double[] {Double.NaN})
              .histogram("spread", numbers)
              .histogram("one", new double[] {2, 2, 2})
              .histogram("wide", new double[] {-Double.MAX_VALUE, Double.MAX_VALUE}));
    }
    assertEquals(
        Map.of("none/non_finite", 1f, "spread/non_finite", 2f),
        EventRecords.ofFolder(temp).get(1).scalars());
    Map<String, EventRecords.Buckets> read = EventRecords.ofFolder(temp).get(1).histograms();
    assertEquals(Set.of("spread", "one", "wide"), read.keySet());
    EventRecords.Buckets spread = read.get("spread");
    assertEquals(0, spread.min());
    assertEquals(29.999, spread.max());
    assertEquals(9_998, spread.num());
    assertEquals(9_998, spread.counts().stream().mapToDouble(each -> each).sum());
    assertEquals(30, spread.limits().size());
    assertEquals(29.999, spread.limits().get(29));
    assertEquals(1_000, spread.counts().get(29));
    assertEquals(900, spread.counts().get(0));
    assertEquals(899, spread.counts().get(1));
    assertEquals(0, spread.counts().get(15));
    double sum = Arrays.stream(numbers).filter(Double::isFinite).sum();
    assertEquals(sum, spread.sum(), 1e-6);
    assertEquals(
        Arrays.stream(numbers).filter(Double::isFinite).map(x -> x * x).sum(),
        spread.squares(),
        1e-3);
    assertEquals(List.of(3.0), read.get("one").counts());
    assertEquals(2, read.get("wide").counts().stream().mapToDouble(each -> each).sum());
  }

  @Test
  void aFileCutAnywhereIsReadToItsLastWholeRecord() throws IOException {
    Path file = written(OptionalLong.empty(), 1, 2, 3);
    byte[] whole = Files.readAllBytes(file);
    int most = 0;
    for (int length = 0; length <= whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      EventFile.cut(file, (step, tags) -> false);
      // Throws where half a record is left.
      List<EventRecords.Read> records = EventRecords.of(file);
      assertTrue(records.size() >= most, "at " + length);
      most = records.size();
    }
    assertEquals(4, most);
    assertArrayEquals(whole, Files.readAllBytes(file));
  }

  @Test
  void damageEndsWhatIsKept() throws IOException {
    Path file = written(OptionalLong.empty(), 1, 2, 3);
    byte[] whole = Files.readAllBytes(file);
    for (int at = 0; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x40;
      Files.write(file, damaged);
      EventFile.cut(file, (step, tags) -> false);
      assertTrue(EventRecords.of(file).size() < 4, "at " + at);
    }
  }

  @Test
  void aRunThatGoesOnTakesNoStepTwice() throws IOException {
    Path first = written(OptionalLong.empty(), 1, 2, 3, 4);
    EventFile.cut(first, (step, tags) -> step > 2 && tags.equals(Set.of("train/loss")));
    Path second = written(OptionalLong.of(2), 3, 4);
    assertTrue(first.toString().compareTo(second.toString()) < 0, first + " " + second);
    assertEquals(List.of(first, second), EventFile.files(temp));
    assertEquals(List.of(1L, 2L, 3L, 4L), steps());
    EventRecords.Read start = EventRecords.of(second).get(1);
    assertTrue(start.start());
    assertEquals(3, start.step());
  }

  @Test
  void aFolderThatIsGoneIsReported() {
    assertThrows(
        NoSuchFileException.class,
        () -> EventFile.begin(temp.resolve("gone"), OptionalLong.empty()));
  }
}
