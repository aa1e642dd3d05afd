package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * How samples become network input: {@code (sample / 255 - mean) / std}, in single precision and in
 * this order of operations, which is torchvision's {@code ToTensor} and {@code Normalize} to the
 * bit. It is computed from the training set once and travels with the weights, so that evaluation
 * and prediction use the same numbers.
 *
 * @param mean in units of [0, 1]: one value for each channel, or one for each sample (channel, row,
 *     column) where the mean picture is subtracted (He et al. 2015, section 4.2)
 * @param std in units of [0, 1], positive: one value for each channel
 */
public record Normalisation(List<Float> mean, List<Float> std) {
  /**
   * @throws InvalidInputException if the lengths do not fit each other, a mean is outside [0, 1] or
   *     a deviation is not positive and finite
   */
  public Normalisation {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (std.isEmpty() || mean.isEmpty() || mean.size() % std.size() != 0) {
      throw new InvalidInputException(
          "normalisation: "
              + mean.size()
              + " means and "
              + std.size()
              + " deviations; expected one deviation for each channel, and as many means or one"
              + " for each sample");
    }
    for (float m : mean) {
      if (!(m >= 0 && m <= 1)) {
        throw new InvalidInputException(
            "normalisation: mean " + m + ", expected 0 to 1 (a level divided by 255)");
      }
    }
    for (float s : std) {
      if (!(s > 0 && s < Float.POSITIVE_INFINITY)) {
        throw new InvalidInputException(
            "normalisation: deviation " + s + ", expected a positive number");
      }
    }
  }

  /** The numbers that torchvision's ImageNet weights were trained with. */
  public static Normalisation imageNet() {
    return new Normalisation(List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f));
  }

  /**
   * Mean and standard deviation of each channel over all pixels of {@code training}, exact sums. A
   * channel that is constant gets deviation 1. For CIFAR-10 the deviations are 0.247, 0.243 and
   * 0.262; the smaller ones often seen (0.202, 0.199, 0.201) are means of per-picture deviations.
   */
  public static Normalisation perChannel(Dataset training) {
    long[][] histogram = histogram(training);
    List<Float> mean = new ArrayList<>();
    for (long[] counts : histogram) {
      mean.add((float) (moment(counts, 1) / 255));
    }
    return new Normalisation(mean, deviations(histogram));
  }

  /**
   * The mean picture of {@code training}, and the deviations of {@link #perChannel}. He et al.
   * subtract the mean picture and do not divide; the scale is kept here because batch norm after
   * the first convolution takes it out again.
   */
  public static Normalisation perPixel(Dataset training) {
    PictureSize size = training.pictureSize();
    long[] sum = new long[size.samples()];
    byte[] chw = new byte[size.samples()];
    for (int i = 0; i < training.size(); i++) {
      training.picture(i, chw);
      for (int p = 0; p < sum.length; p++) {
        sum[p] += chw[p] & 0xff;
      }
    }
    List<Float> mean = new ArrayList<>();
    for (long s : sum) {
      mean.add((float) ((double) s / training.size() / 255));
    }
    return new Normalisation(mean, deviations(histogram(training)));
  }

  /** Channels of the pictures this is for. */
  public int channels() {
    return std.size();
  }

  /** Whether there is a mean for every sample and not just for every channel. */
  public boolean isPerPixel() {
    return mean.size() != std.size();
  }

  /** The mean of each channel as the nearest level from 0 to 255. */
  public List<Integer> meanLevels() {
    int plane = mean.size() / channels();
    List<Integer> levels = new ArrayList<>();
    for (int c = 0; c < channels(); c++) {
      double sum = 0;
      for (float m : mean.subList(c * plane, (c + 1) * plane)) {
        sum += m;
      }
      levels.add((int) Math.round(255 * sum / plane));
    }
    return levels;
  }

  /**
   * Fails where pictures of {@code size} cannot be normalised by this.
   *
   * @throws InvalidInputException if channels or, with a mean picture, the size differ
   */
  public void check(PictureSize size) {
    if (channels() != size.channels() || (isPerPixel() && mean.size() != size.samples())) {
      throw new InvalidInputException(
          "normalisation of "
              + channels()
              + " channels with "
              + mean.size()
              + " means does not fit pictures of "
              + size
              + "; compute it from the data set it is used with");
    }
  }

  private static long[][] histogram(Dataset training) {
    PictureSize size = training.pictureSize();
    long[][] histogram = new long[size.channels()][256];
    byte[] chw = new byte[size.samples()];
    for (int i = 0; i < training.size(); i++) {
      training.picture(i, chw);
      for (int c = 0, p = 0; c < size.channels(); c++) {
        long[] counts = histogram[c];
        for (int end = p + size.plane(); p < end; p++) {
          counts[chw[p] & 0xff]++;
        }
      }
    }
    return histogram;
  }

  private static List<Float> deviations(long[][] histogram) {
    List<Float> deviations = new ArrayList<>();
    for (long[] counts : histogram) {
      double mean = moment(counts, 1);
      double variance = Math.max(0, moment(counts, 2) - mean * mean);
      // A constant channel has no scale of its own; rounding must not invent one.
      deviations.add(variance < 1e-9 ? 1f : (float) (Math.sqrt(variance) / 255));
    }
    return deviations;
  }

  private static double moment(long[] counts, int power) {
    long sum = 0;
    long n = 0;
    for (int level = 0; level < counts.length; level++) {
      sum += counts[level] * (power == 1 ? level : (long) level * level);
      n += counts[level];
    }
    return (double) sum / n;
  }
}
