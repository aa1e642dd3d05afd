package io.resnet4j.app.picture;

/** Numbers as colours. */
public final class Colours {
  /** Darkest to lightest, told apart with any kind of colour vision and in grey: plasma's stops. */
  private static final int[][] RISING = {
    {13, 8, 135}, {126, 3, 168}, {204, 71, 120}, {248, 149, 64}, {240, 249, 33}
  };

  /** Blue below zero, red above, white at it: told apart with any kind of colour vision. */
  private static final int[][] AROUND = {{33, 102, 172}, {247, 247, 247}, {178, 24, 43}};

  private Colours() {}

  /** Dark for 0, light for 1. */
  public static int rising(double share) {
    return pack(RISING, share);
  }

  /** Blue for -1, white for 0, red for 1. */
  public static int around(double share) {
    return pack(AROUND, (share + 1) / 2);
  }

  /** Three shares of full light as red, green and blue. */
  public static int rgb(double red, double green, double blue) {
    return level(red) << 16 | level(green) << 8 | level(blue);
  }

  private static int level(double share) {
    return (int) Math.round(255 * Math.max(0, Math.min(1, share)));
  }

  private static int pack(int[][] stops, double share) {
    int rgb = 0;
    for (int c = 0; c < 3; c++) {
      rgb = rgb << 8 | (int) Math.round(channel(stops, share, c));
    }
    return rgb;
  }

  /** A channel of the rising colours, 0 to 255, not rounded. */
  static double rising(double share, int channel) {
    return channel(RISING, share, channel);
  }

  private static double channel(int[][] stops, double share, int channel) {
    double at = Math.max(0, Math.min(1, share)) * (stops.length - 1);
    int below = Math.min((int) at, stops.length - 2);
    double part = at - below;
    return (1 - part) * stops[below][channel] + part * stops[below + 1][channel];
  }
}
