package io.resnet4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Session;
import io.resnet4j.infer.Predictor;
import io.resnet4j.plan.Precision;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What owns native memory and is never closed, closed twice, or used afterwards. */
class ForgottenTest extends RunTests {
  private static final Logger LOG = Logger.getLogger("io.resnet4j.backend.onednn.LeakAlarm");
  private static final Recipe RECIPE = Stripes.recipe().withLength(Extent.steps(1));

  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          // What other tests forget is not meant here.
          if (record.getMessage().contains("ForgottenTest")) {
            warnings.add(record.getLevel() + " " + record.getMessage());
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    LOG.addHandler(handler);
    LOG.setUseParentHandlers(false);
  }

  @AfterEach
  void stopListening() {
    LOG.removeHandler(handler);
    LOG.setUseParentHandlers(true);
  }

  private Trainer trainer(String folder) {
    TrainOptions options = options(folder).withBackend("onednn").withAutotune(false);
    return Trainer.of(Stripes.network(), RECIPE, DATA, options);
  }

  private static Predictor predictor() {
    return Predictor.open(Stripes.network().initialise(3), Precision.F32);
  }

  /** Opens and forgets. */
  private void forget(Supplier<AutoCloseable> opening) {
    opening.get();
  }

  /** Waits for a minute at most: the collector's thread gets its turn when the machine lets it. */
  private String warning() throws InterruptedException {
    for (int i = 0; i < 3000 && warnings.isEmpty(); i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertEquals(1, warnings.size(), warnings.toString());
    return warnings.get(0);
  }

  private void assertWarned(String opening, Supplier<AutoCloseable> opener) throws Exception {
    forget(opener);
    String warning = warning();
    String here = ForgottenTest.class.getName();
    assertTrue(warning.startsWith("WARNING never closed"), warning);
    assertTrue(warning.contains(": " + opening + " at " + here + "."), warning);
    assertTrue(warning.contains("(ForgottenTest.java:"), warning);
  }

  @Test
  void aForgottenSessionIsFreedWithAWarning() throws Exception {
    assertWarned("Backend.open", () -> Backends.named("onednn").open());
  }

  @Test
  void aForgottenPredictorIsFreedWithAWarning() throws Exception {
    assertWarned("Predictor.open", ForgottenTest::predictor);
  }

  @Test
  void aForgottenTrainerIsFreedWithAWarning() throws Exception {
    assertWarned("Trainer.of", () -> trainer("forgotten"));
  }

  @Test
  void whatIsClosedOrInUseIsNotWarnedOf() throws Exception {
    Predictor used = predictor();
    predictor().close();
    Session session = Backends.named("onednn").open();
    session.close();
    session.close();
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(20);
    }
    int samples = used.spec().channels() * used.spec().height() * used.spec().width();
    assertEquals(used.spec().classes(), used.logits(FloatBuffer.allocate(samples), 1).length);
    used.close();
    assertEquals(List.of(), warnings);
  }

  @Test
  void aClosedTrainerSaysSoAndLeavesTheFolderToOthers() {
    Trainer trainer = trainer("closed");
    trainer.close();
    String message = assertThrows(IllegalStateException.class, trainer::fit).getMessage();
    assertTrue(message.contains("it is closed"), message);
    assertThrows(IllegalStateException.class, trainer::model);
    try (Trainer other = trainer("other")) {
      trainer.close();
      other.fit();
    }
    assertTrue(Files.exists(temp.resolve("other").resolve("last.ckpt")));
  }
}
