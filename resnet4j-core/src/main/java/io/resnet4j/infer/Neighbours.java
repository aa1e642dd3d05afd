package io.resnet4j.infer;

import io.resnet4j.InvalidInputException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Those of many pictures whose {@link Features} lie closest to a picture's, by the cosine of the
 * angle between them. Pictures are offered one by one and only the closest are kept.
 */
public final class Neighbours {
  private static final Comparator<Found> FARTHEST_FIRST =
      Comparator.comparingDouble(Found::similarity)
          .thenComparing(Found::index, Comparator.reverseOrder());

  private final float[] query;
  private final double length;
  private final int count;
  private final PriorityQueue<Found> closest = new PriorityQueue<>(FARTHEST_FIRST);
  private int offered;

  /**
   * A picture that was found.
   *
   * @param index of the offer, counted from 0
   * @param similarity cosine of the angle, -1 to 1; 0 where a picture has no features but zeros
   */
  public record Found(int index, double similarity) {}

  /**
   * Begins a search.
   *
   * @param query features of the picture
   * @param count how many to find at most
   * @throws InvalidInputException if that is below 1
   */
  public Neighbours(float[] query, int count) {
    if (count < 1) {
      throw new InvalidInputException("neighbours: " + count + " are none; give at least 1");
    }
    this.query = query.clone();
    this.length = Math.sqrt(product(query, query));
    this.count = count;
  }

  /**
   * Offers the next picture.
   *
   * @param features as many as the query's
   * @return its index
   */
  public int offer(float[] features) {
    if (features.length != query.length) {
      throw new InvalidInputException(
          "neighbours: " + features.length + " features; expected " + query.length);
    }
    double both = length * Math.sqrt(product(features, features));
    double cosine = both == 0 ? 0 : product(query, features) / both;
    // Rounding can lead a little beyond.
    closest.add(new Found(offered, Math.max(-1, Math.min(1, cosine))));
    if (closest.size() > count) {
      closest.remove();
    }
    return offered++;
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  /** The closest so far, closest first; of equally close ones the first offered. */
  public List<Found> found() {
    List<Found> all = new ArrayList<>(closest);
    all.sort(FARTHEST_FIRST.reversed());
    return all;
  }

  /** How many were offered. */
  public int offered() {
    return offered;
  }
}
