package io.resnet4j.app;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Lets Ctrl-C and SIGTERM end a run in good order: the JVM waits in its shutdown until the work has
 * written what it must. The JVM's own exit status, 130 or 143, stands.
 */
final class Interruption implements AutoCloseable {
  private final CountDownLatch done = new CountDownLatch(1);
  private final Console console;
  private final String words;
  private final Thread hook = new Thread(this::interrupted, "resnet4j-stop");
  private @Nullable Runnable stop;
  private boolean interrupted;

  private Interruption(Console console, String words) {
    this.console = console;
    this.words = words;
  }

  /**
   * @param words what is said of the end that the work is brought to
   */
  static Interruption handled(Console console, String words) {
    Interruption interruption = new Interruption(console, words);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /**
   * What ends the work; without it there is nothing worth waiting for. Of work in several parts
   * each says how: one that begins after the interruption is ended at once.
   */
  void stopBy(Runnable how) {
    if (replaced(how)) {
      how.run();
    }
  }

  /** Whether it comes after the interruption. */
  private synchronized boolean replaced(Runnable how) {
    stop = how;
    return interrupted;
  }

  private synchronized @Nullable Runnable taken() {
    interrupted = true;
    return stop;
  }

  /** What the JVM's shutdown does. */
  void interrupted() {
    @Nullable Runnable how = taken();
    if (how == null) {
      return;
    }
    console.info("");
    console.info(words);
    how.run();
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The shutdown is what ended the work.
    }
  }
}
