package io.resnet4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.augment.AlternatingFlip;
import io.resnet4j.data.augment.HorizontalFlip;
import io.resnet4j.data.augment.RandomCrop;
import io.resnet4j.random.KeyedRandom;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class LoaderTest {
  private static final Dataset DATA = Synthetic.draw(103, 1, 9).train();
  private static final Normalisation NORMALISATION = Normalisation.perChannel(DATA);

  private static Loader.Options training(int workers) {
    return Loader.Options.training(
            16, 42, List.of(RandomCrop.mean(4, NORMALISATION), new HorizontalFlip()), NORMALISATION)
        .withWorkers(workers);
  }

  /** A batch as bits, since its buffers are reused. */
  private static List<Integer> bits(Batch batch) {
    List<Integer> bits = new ArrayList<>();
    for (FloatBuffer buffer : List.of(batch.images(), batch.targets())) {
      while (buffer.hasRemaining()) {
        bits.add(Float.floatToRawIntBits(buffer.get()));
      }
    }
    for (int i = 0; i < batch.size(); i++) {
      bits.add(batch.labels()[i]);
      bits.add(batch.indices()[i]);
    }
    return bits;
  }

  private static List<List<Integer>> epoch(Loader loader, int epoch, int from) {
    List<List<Integer>> all = new ArrayList<>();
    for (Batch batch : loader.epoch(epoch, from)) {
      assertEquals(from + all.size(), batch.index());
      assertEquals(epoch, batch.epoch());
      all.add(bits(batch));
    }
    return all;
  }

  private static Dataset hooked(IntConsumer before) {
    return new HookedDataset(before);
  }

  /** {@link #DATA} with something done before each picture. */
  private static final class HookedDataset extends DatasetView {
    private final IntConsumer before;

    HookedDataset(IntConsumer before) {
      super(DATA);
      this.before = before;
    }

    @Override
    public String name() {
      return "hooked";
    }

    @Override
    public int size() {
      return DATA.size();
    }

    @Override
    public int label(int index) {
      return DATA.label(index);
    }

    @Override
    public void picture(int index, byte[] chw) {
      before.accept(index);
      DATA.picture(index, chw);
    }
  }

  @Test
  void givesEveryPictureOnceInTheKeyedOrder() {
    try (Loader loader = new Loader(DATA, training(2))) {
      assertEquals(7, loader.batchesPerEpoch());
      assertEquals(103, loader.picturesPerEpoch());
      int[] order = KeyedRandom.of(42, "data/order").child(5).permutation(103);
      int at = 0;
      for (Batch batch : loader.epoch(5)) {
        assertEquals(at == 96 ? 7 : 16, batch.size());
        for (int i = 0; i < batch.size(); i++, at++) {
          assertEquals(order[at], batch.indices()[i]);
          assertEquals(DATA.label(order[at]), batch.labels()[i]);
        }
      }
      assertEquals(103, at);
    }
  }

  @Test
  void fillsPicturesAndOneHotTargets() {
    try (Loader loader = new Loader(DATA, Loader.Options.evaluation(10, NORMALISATION))) {
      Normaliser normaliser = new Normaliser(NORMALISATION, DATA.pictureSize());
      byte[] chw = new byte[3072];
      int at = 0;
      for (Batch batch : loader.epoch(0)) {
        assertEquals(batch.size() * 3072, batch.images().remaining());
        assertEquals(batch.size() * 10, batch.targets().remaining());
        for (int i = 0; i < batch.size(); i++, at++) {
          DATA.picture(at, chw);
          FloatBuffer expected = FloatBuffer.allocate(3072);
          normaliser.apply(chw, expected);
          assertEquals(expected.flip(), batch.images().slice(i * 3072, 3072));
          for (int k = 0; k < 10; k++) {
            assertEquals(DATA.label(at) == k ? 1f : 0f, batch.targets().get(i * 10 + k));
          }
        }
      }
      assertEquals(103, at);
    }
  }

  @Test
  void isTheSameWhateverTheWorkers() {
    List<List<List<Integer>>> all = new ArrayList<>();
    for (int workers : new int[] {0, 1, 2, 5}) {
      try (Loader loader = new Loader(DATA, training(workers))) {
        all.add(epoch(loader, 0, 0));
        all.add(epoch(loader, 1, 0));
      }
    }
    assertNotEquals(all.get(0), all.get(1));
    for (int i = 2; i < all.size(); i++) {
      assertEquals(all.get(i % 2), all.get(i));
    }
  }

  @Test
  void augmentsByTheSampleNotByItsPlace() {
    // Another batch size moves every sample to another place; its picture must stay the same.
    Loader.Options options = training(1);
    Loader.Options other =
        new Loader.Options(
            25, false, 42, options.augmentations(), options.normalisation(), false, 1);
    float[][] one = new float[103][];
    for (Loader.Options each : List.of(options, other)) {
      try (Loader loader = new Loader(DATA, each)) {
        for (Batch batch : loader.epoch(3)) {
          for (int i = 0; i < batch.size(); i++) {
            float[] picture = new float[3072];
            batch.images().get(i * 3072, picture);
            int sample = batch.indices()[i];
            if (one[sample] == null) {
              one[sample] = picture;
            } else {
              assertArrayEquals(one[sample], picture);
            }
          }
        }
      }
    }
  }

  @Test
  void goesOnFromAnyBatch() {
    try (Loader loader = new Loader(DATA, training(2))) {
      List<List<Integer>> whole = epoch(loader, 4, 0);
      assertEquals(whole.subList(3, 7), epoch(loader, 4, 3));
      assertFalse(loader.epoch(4, 7).hasNext());
      assertThrows(IllegalArgumentException.class, () -> loader.epoch(4, 8));
    }
  }

  @Test
  void startsAnotherEpochInTheMiddleOfOne() {
    for (int workers : new int[] {0, 1, 3}) {
      try (Loader loader = new Loader(DATA, training(workers))) {
        List<List<Integer>> expected = epoch(loader, 2, 0);
        for (int stop = 0; stop < 4; stop++) {
          Loader.Epoch left = loader.epoch(1);
          for (int i = 0; i < stop; i++) {
            left.next();
          }
          assertEquals(expected, epoch(loader, 2, 0));
          assertThrows(IllegalStateException.class, left::next);
        }
      }
    }
  }

  @Test
  void dropsThePartialBatchOnRequest() {
    try (Loader loader = new Loader(DATA, training(1).withDropLast(true))) {
      assertEquals(6, loader.batchesPerEpoch());
      assertEquals(96, loader.picturesPerEpoch());
      Loader.Epoch epoch = loader.epoch(0);
      for (int i = 0; i < 6; i++) {
        assertEquals(16, epoch.next().size());
      }
      assertFalse(epoch.hasNext());
      assertThrows(NoSuchElementException.class, epoch::next);
    }
  }

  @Test
  void reusesASmallRing() {
    Set<Batch> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    try (Loader loader = new Loader(DATA, training(2))) {
      for (int e = 0; e < 3; e++) {
        loader.epoch(e).forEachRemaining(seen::add);
      }
    }
    assertTrue(seen.size() <= 3, seen.size() + " batches");
  }

  @Test
  void preparesTheNextBatchWhileOneIsUsed() throws InterruptedException {
    CountDownLatch second = new CountDownLatch(32);
    try (Loader loader =
        new Loader(hooked(i -> second.countDown()), Loader.Options.evaluation(16, NORMALISATION))) {
      Loader.Epoch epoch = loader.epoch(0);
      Batch first = epoch.next();
      List<Integer> before = bits(first);
      second.await();
      assertEquals(before, bits(first));
      assertNotSame(first, epoch.next());
      assertTrue(loader.waitNanos() > 0);
    }
  }

  @Test
  void handsFailuresToTheConsumer() {
    for (int workers : new int[] {0, 2}) {
      InvalidInputException broken = new InvalidInputException("picture 40 is broken");
      IntConsumer badPicture =
          i -> {
            if (i == 40) {
              throw broken;
            }
          };
      Loader.Options options = Loader.Options.evaluation(16, NORMALISATION).withWorkers(workers);
      try (Loader loader = new Loader(hooked(badPicture), options)) {
        Loader.Epoch epoch = loader.epoch(0);
        epoch.next();
        epoch.next();
        Exception thrown = assertThrows(InvalidInputException.class, epoch::next);
        assertEquals("picture 40 is broken", thrown.getMessage());
        assertSame(broken, thrown.getCause());
        assertEquals(80, loader.epoch(1, 5).next().indices()[0]);
      }
    }
    IntConsumer worse =
        i -> {
          throw new StackOverflowError("deep");
        };
    try (Loader loader = new Loader(hooked(worse), Loader.Options.evaluation(16, NORMALISATION))) {
      Exception thrown = assertThrows(IllegalStateException.class, loader.epoch(7)::next);
      assertTrue(thrown.getMessage().startsWith("hooked: batch 0 of epoch 7 could not be"));
      assertInstanceOf(StackOverflowError.class, thrown.getCause());
    }
  }

  @Test
  void closesAndLeavesNoThread() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    IntConsumer slow =
        i -> {
          begun.countDown();
          await(go);
        };
    Loader loader =
        new Loader(hooked(slow), Loader.Options.evaluation(16, NORMALISATION).withWorkers(3));
    Loader.Epoch epoch = loader.epoch(0);
    begun.await();
    go.countDown();
    loader.close();
    loader.close();
    assertThrows(IllegalStateException.class, epoch::next);
    assertThrows(IllegalStateException.class, () -> loader.epoch(1));
    assertTrue(
        Thread.getAllStackTraces().keySet().stream()
            .noneMatch(thread -> thread.getName().startsWith("resnet4j-loader")));
  }

  /** Pictures of epochs in a row are each other's mirror images; half begin the one way. */
  @Test
  void alternatingFlipsGoByTheEpoch() {
    Loader.Options options =
        Loader.Options.training(DATA.size(), 4, List.of(new AlternatingFlip()), NORMALISATION)
            .withShuffle(false)
            .withWorkers(2);
    List<float[]> epochs = new ArrayList<>();
    try (Loader loader = new Loader(DATA, options);
        Loader plain = new Loader(DATA, Loader.Options.evaluation(DATA.size(), NORMALISATION))) {
      epochs.add(pictures(plain, 0));
      for (int epoch = 0; epoch < 3; epoch++) {
        epochs.add(pictures(loader, epoch));
      }
    }
    int size = DATA.pictureSize().samples();
    int width = DATA.width();
    int asTheyAre = 0;
    for (int picture = 0; picture < DATA.size(); picture++) {
      boolean same = true;
      for (int i = picture * size; i < (picture + 1) * size; i++) {
        int mirrored = i / width * width + width - 1 - i % width;
        assertEquals(epochs.get(1)[i], epochs.get(2)[mirrored], "picture " + picture);
        assertEquals(epochs.get(1)[i], epochs.get(3)[i], "picture " + picture);
        same &= epochs.get(0)[i] == epochs.get(1)[i];
      }
      asTheyAre += same ? 1 : 0;
    }
    // Five standard deviations.
    assertEquals(DATA.size() / 2.0, asTheyAre, 26);
  }

  private static float[] pictures(Loader loader, int epoch) {
    float[] all = new float[DATA.size() * DATA.pictureSize().samples()];
    loader.epoch(epoch).next().images().get(all);
    return all;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void obeysAnInterrupt() {
    CountDownLatch never = new CountDownLatch(1);
    try (Loader loader =
        new Loader(hooked(i -> await(never)), Loader.Options.evaluation(16, NORMALISATION))) {
      Loader.Epoch epoch = loader.epoch(0);
      Thread.currentThread().interrupt();
      assertThrows(IllegalStateException.class, epoch::next);
      assertTrue(Thread.interrupted());
      never.countDown();
    }
  }

  @Test
  void refusesImpossibleOptions() {
    assertThrows(InvalidInputException.class, () -> Loader.Options.evaluation(0, NORMALISATION));
    assertThrows(InvalidInputException.class, () -> training(-1));
    Loader.Options large = Loader.Options.evaluation(128, NORMALISATION).withDropLast(true);
    Exception tooLarge = assertThrows(InvalidInputException.class, () -> new Loader(DATA, large));
    assertEquals(
        "batch size 128 is larger than Synthetic shapes train, which has 103 pictures; give a"
            + " batch of at most that",
        tooLarge.getMessage());
    try (Loader loader = new Loader(DATA, large.withDropLast(false))) {
      assertEquals(103, loader.epoch(0).next().size());
    }
    Dataset many = DATA.subset(IntStream.range(0, 200_000).map(i -> i % 103).toArray());
    assertThrows(
        InvalidInputException.class,
        () -> new Loader(many, Loader.Options.evaluation(200_000, NORMALISATION)));
    Normalisation grey = new Normalisation(List.of(0f), List.of(1f));
    assertThrows(
        InvalidInputException.class, () -> new Loader(DATA, Loader.Options.evaluation(8, grey)));
    assertThrows(
        InvalidInputException.class,
        () ->
            new Loader(
                DATA,
                Loader.Options.training(8, 1, List.of(RandomCrop.black(4, 1)), NORMALISATION)));
  }

  @Test
  void staysTheSameUnderRandomTiming() {
    // Seeded pauses shuffle which worker is ahead; the batches must not notice.
    List<List<Integer>> expected;
    try (Loader loader = new Loader(DATA, training(0))) {
      expected = epoch(loader, 0, 0);
    }
    for (int round = 0; round < 5; round++) {
      KeyedRandom pauses = KeyedRandom.of(round, "pauses");
      IntConsumer pause =
          i -> {
            if (pauses.uniformAt(i) < 0.05) {
              LockSupport.parkNanos(2_000_000);
            }
          };
      try (Loader loader = new Loader(hooked(pause), training(4))) {
        assertEquals(expected, epoch(loader, 0, 0));
      }
    }
    assertEquals(7, expected.size());
    assertFalse(Arrays.equals(expected.get(0).toArray(), expected.get(1).toArray()));
  }
}
