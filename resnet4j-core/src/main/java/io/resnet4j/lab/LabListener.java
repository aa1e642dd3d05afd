package io.resnet4j.lab;

/** Hears how an experiment goes on, on the thread that runs it. */
public interface LabListener {
  /**
   * It begins.
   *
   * @param experiment its name
   * @param cells in all
   * @param done already, by an earlier run that was interrupted
   */
  default void started(String experiment, int cells, int done) {}

  /**
   * A cell begins.
   *
   * @param what in words, such as {@code depth 56, network plain}
   * @param index counted from 1
   */
  default void cellStarted(String what, int index) {}

  /**
   * A cell is measured and saved.
   *
   * @param what in words
   * @param index counted from 1
   * @param seconds it took
   */
  default void cellDone(String what, int index, double seconds) {}
}
