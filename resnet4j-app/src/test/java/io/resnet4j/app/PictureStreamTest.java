package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.data.Picture;
import io.resnet4j.data.PictureSize;
import java.nio.FloatBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pictures that come now and then. */
class PictureStreamTest {
  private static final long LONG_MS = 30_000;
  private static final String END = "end";

  private static String taken(BlockingQueue<String> names) {
    try {
      return names.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return END;
    }
  }

  @Test
  @Timeout(120)
  void whatIsNotThereYetIsNotWaitedFor() {
    BlockingQueue<String> names = new LinkedBlockingQueue<>();
    Picture picture = Picture.of(new PictureSize(1, 1, 1), new byte[1]);
    Stream<PictureInput> inputs =
        Stream.generate(() -> taken(names))
            .takeWhile(name -> !name.equals(END))
            .map(name -> new PictureInput(name, () -> picture));
    try (PictureStream stream = new PictureStream(inputs, 1, 4, input -> FloatBuffer.allocate(1))) {
      names.add("one");
      assertTrue(stream.soon(LONG_MS));
      assertEquals("one", stream.next().orElseThrow().name());
      assertFalse(stream.soon(1));
      names.add(END);
      assertTrue(stream.soon(LONG_MS), "the end is there");
      assertTrue(stream.next().isEmpty());
    }
  }
}
