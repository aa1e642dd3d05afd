package io.resnet4j.random;

import java.nio.charset.StandardCharsets;

/**
 * A counter-based generator: draw {@code i} of a key is a pure function of (key, i), so the same
 * numbers come out whatever the order, the thread count or the language.
 *
 * <p>The key is {@code mix(fnv1a64(utf8(path)) ^ mix(seed))}; draw {@code i} is {@code mix(key + (i
 * + 1) * 0x9E3779B97F4A7C15)}, all modulo 2^64, where {@code mix} is the SplitMix64 finaliser
 * (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; constants
 * of Stafford's variant 13). {@code tools/reference/keyed_random.py} is the same function in
 * Python.
 */
public final class KeyedRandom {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private final long key;
  private long counter;

  private KeyedRandom(long key) {
    this.key = key;
  }

  /** The generator of {@code path} under {@code seed}. */
  public static KeyedRandom of(long seed, String path) {
    return new KeyedRandom(mix(fnv1a64(path) ^ mix(seed)));
  }

  /** An independent generator below this one, such as the one of an epoch or a sample. */
  public KeyedRandom child(long index) {
    return new KeyedRandom(mix(mix(key ^ GAMMA) + index * GAMMA));
  }

  /** 64 uniform bits at position {@code index}; does not move the counter. */
  public long bitsAt(long index) {
    return mix(key + (index + 1) * GAMMA);
  }

  /** Uniform in [0, 1) with 53 bits at position {@code index}; does not move the counter. */
  public double uniformAt(long index) {
    return (bitsAt(index) >>> 11) * 0x1.0p-53;
  }

  /**
   * Standard normal at position {@code index} by Box and Muller's cosine branch, from the uniform
   * draws {@code 2 index} and {@code 2 index + 1}; does not move the counter.
   */
  public double normalAt(long index) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - uniformAt(2 * index)));
    return radius * StrictMath.cos(2 * Math.PI * uniformAt(2 * index + 1));
  }

  /** The next uniform draw in [0, 1). */
  public double nextUniform() {
    return uniformAt(counter++);
  }

  /** The next standard normal draw, from two uniform ones as {@link #normalAt} has it. */
  public double nextNormal() {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - nextUniform()));
    return radius * StrictMath.cos(2 * Math.PI * nextUniform());
  }

  /**
   * The next integer in [0, bound), unbiased to within bound / 2^53.
   *
   * @throws IllegalArgumentException if {@code bound} is not positive
   */
  public int nextInt(int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound " + bound + " must be positive");
    }
    return (int) (nextUniform() * bound);
  }

  /** The next fair coin. */
  public boolean nextBoolean() {
    return bitsAt(counter++) < 0;
  }

  /** A uniform permutation of 0..n-1 (Fisher and Yates). */
  public int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int i = n - 1; i > 0; i--) {
      int j = nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }

  private static long fnv1a64(String text) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
