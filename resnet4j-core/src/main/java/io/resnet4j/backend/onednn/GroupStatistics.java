package io.resnet4j.backend.onednn;

import java.nio.FloatBuffer;

/**
 * The small sums of a group norm: between channels of samples [N,padded], groups of samples
 * [N,groups] and channels [C].
 *
 * @param samples N
 * @param channels C
 * @param padded channels with those that fill the last block
 * @param groups of channels
 * @param pixels of a channel
 * @param epsilon added to a variance
 */
record GroupStatistics(
    int samples, int channels, int padded, int groups, int pixels, double epsilon) {
  int all() {
    return samples * padded;
  }

  private int perGroup() {
    return channels / groups;
  }

  /** A group's mean and variance from its channels': the mean variance and that of the means. */
  void join(
      FloatBuffer means,
      FloatBuffer variances,
      FloatBuffer groupMeans,
      FloatBuffer groupVariances) {
    int each = perGroup();
    for (int i = 0; i < samples * groups; i++) {
      int first = i / groups * padded + i % groups * each;
      double mean = 0;
      double variance = 0;
      for (int c = first; c < first + each; c++) {
        mean += means.get(c);
        variance += variances.get(c);
      }
      mean /= each;
      double between = 0;
      for (int c = first; c < first + each; c++) {
        double apart = means.get(c) - mean;
        between += apart * apart;
      }
      groupMeans.put(i, (float) mean);
      groupVariances.put(i, (float) ((variance + between) / each));
    }
  }

  /** Gives each channel its group's value and what fills blocks {@code filler}. */
  void spread(FloatBuffer ofGroups, FloatBuffer ofChannels, float filler) {
    for (int i = 0; i < all(); i++) {
      int c = i % padded;
      ofChannels.put(i, c < channels ? ofGroups.get(i / padded * groups + c / perGroup()) : filler);
    }
  }

  /** Gives every sample the same values, and zero to what fills blocks. */
  void repeat(FloatBuffer vector, FloatBuffer ofChannels) {
    for (int i = 0; i < all(); i++) {
      int c = i % padded;
      ofChannels.put(i, c < channels ? vector.get(c) : 0);
    }
  }

  void clear(FloatBuffer ofChannels) {
    for (int i = 0; i < all(); i++) {
      ofChannels.put(i, 0);
    }
  }

  void sumSamples(FloatBuffer ofChannels, FloatBuffer vector) {
    for (int c = 0; c < channels; c++) {
      double sum = 0;
      for (int n = 0; n < samples; n++) {
        sum += ofChannels.get(n * padded + c);
      }
      vector.put(c, (float) sum);
    }
  }

  /** -r S / m for each channel, where S is the sum of scale times {@code sums} over its group. */
  void rest(FloatBuffer sums, FloatBuffer scale, FloatBuffer groupVariances, FloatBuffer result) {
    int each = perGroup();
    for (int n = 0; n < samples; n++) {
      for (int g = 0; g < groups; g++) {
        double sum = 0;
        for (int c = g * each; c < (g + 1) * each; c++) {
          sum += (double) scale.get(c) * sums.get(n * padded + c);
        }
        double deviation = Math.sqrt(groupVariances.get(n * groups + g) + epsilon);
        float value = (float) (-sum / deviation / each / pixels);
        for (int c = g * each; c < (g + 1) * each; c++) {
          result.put(n * padded + c, value);
        }
      }
      for (int c = channels; c < padded; c++) {
        result.put(n * padded + c, 0);
      }
    }
  }
}
