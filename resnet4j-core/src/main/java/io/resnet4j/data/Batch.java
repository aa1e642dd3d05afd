package io.resnet4j.data;

import io.resnet4j.random.KeyedRandom;
import java.nio.FloatBuffer;

/**
 * Pictures and targets of one step. The buffers belong to the {@link Loader}'s ring: they hold this
 * batch until the next one is asked for.
 */
public final class Batch {
  private final int classes;
  private final int samples;
  private final FloatBuffer images;
  private final FloatBuffer targets;
  private final float[] zeros;
  private final int[] labels;
  private final int[] indices;
  private int epoch;
  private int index;
  private int size;

  Batch(int capacity, int samples, int classes) {
    this.classes = classes;
    this.samples = samples;
    images = FloatBuffer.allocate(capacity * samples);
    targets = FloatBuffer.allocate(capacity * classes);
    zeros = new float[classes];
    labels = new int[capacity];
    indices = new int[capacity];
  }

  /** The normalised pictures, {@code [size, channels, height, width]}, from position 0 to limit. */
  public FloatBuffer images() {
    return images.clear().limit(size * samples);
  }

  /** Probabilities of the classes, {@code [size, classes]}, from position 0 to limit. */
  public FloatBuffer targets() {
    return targets.clear().limit(size * classes);
  }

  /**
   * The class of each picture, where two are mixed that of the larger share; the first {@link
   * #size} entries count. Reused like the buffers.
   */
  public int[] labels() {
    return labels;
  }

  /** Each picture's index in the data set; the first {@link #size} entries count. Reused too. */
  public int[] indices() {
    return indices;
  }

  /** Pictures in this batch; fewer than the others have only in the last one of an epoch. */
  public int size() {
    return size;
  }

  /** The epoch it belongs to. */
  public int epoch() {
    return epoch;
  }

  /** Its position in the epoch, from 0. */
  public int index() {
    return index;
  }

  void begin(int epoch, int index) {
    this.epoch = epoch;
    this.index = index;
    size = 0;
    images.clear();
    targets.clear();
  }

  void mix(Mixing mixing, PictureSize pictureSize, KeyedRandom random) {
    mixing.apply(images.array(), targets.array(), labels, size, pictureSize, classes, random);
  }

  void add(int sample, int label, byte[] chw, Normaliser normaliser) {
    normaliser.apply(chw, images);
    targets.put(zeros);
    targets.put(size * classes + label, 1);
    labels[size] = label;
    indices[size] = sample;
    size++;
  }
}
