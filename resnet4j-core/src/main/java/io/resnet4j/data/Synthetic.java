package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import io.resnet4j.random.KeyedRandom;
import java.util.List;

/**
 * Pictures drawn from a seed, for learning without a download: 3x32x32, ten shapes. The class is
 * the shape alone. Its place, size, rotation and colour are drawn, as are the background's colours,
 * gradient and stripes, clutter and noise; figure and ground are as often light on dark as dark on
 * light. So a linear classifier of the pixels finds next to nothing, and a small convolutional
 * network learns it.
 *
 * <p>Picture {@code i} of a part is a pure function of (seed, part, i), and its class is {@code i
 * mod 10}; no fonts, no platform graphics, the same bytes on every machine.
 */
public final class Synthetic {
  private static final int SIDE = 32;
  private static final PictureSize SIZE = new PictureSize(3, SIDE, SIDE);
  private static final int TRAIN = 8_000;
  private static final int TEST = 2_000;
  private static final int LARGEST = 500_000;

  private Synthetic() {}

  /** The set that {@code --data synthetic} names: 8,000 and 2,000 pictures from seed 0. */
  public static DataSplits open() {
    return draw(TRAIN, TEST, 0);
  }

  /**
   * Draws a training and a test set; they share no picture.
   *
   * @param train training pictures, 1 to 500,000
   * @param test test pictures, 1 to 500,000
   * @throws InvalidInputException if a number is out of range
   */
  public static DataSplits draw(int train, int test, long seed) {
    Dataset training = part("train", train, seed);
    Dataset testing = part("test", test, seed);
    String name = "Synthetic shapes";
    return new DataSplits(
        training,
        testing,
        DataSplits.describe(name, training, testing) + ", drawn from seed " + seed);
  }

  /** The names of the shapes. */
  public static List<String> classes() {
    return Shape.names();
  }

  private static Dataset part(String part, int count, long seed) {
    if (count < 1 || count > LARGEST) {
      throw new InvalidInputException(
          "synthetic " + part + ": " + count + " pictures, expected 1 to " + LARGEST);
    }
    byte[] pixels = new byte[count * SIZE.samples()];
    short[] labels = new short[count];
    KeyedRandom random = KeyedRandom.of(seed, "data/synthetic/" + part);
    Shape[] shapes = Shape.values();
    for (int i = 0; i < count; i++) {
      labels[i] = (short) (i % shapes.length);
      new Scene(random.child(i)).draw(shapes[labels[i]], pixels, i * SIZE.samples());
    }
    return new MemoryDataset("Synthetic shapes " + part, SIZE, classes(), pixels, labels);
  }

  /** One picture's draws. */
  private static final class Scene {
    private static final double NOISE = 22;
    private static final int CLUTTER = 4;

    private final KeyedRandom random;

    Scene(KeyedRandom random) {
      this.random = random;
    }

    void draw(Shape shape, byte[] pixels, int offset) {
      double[] canvas = new double[SIZE.samples()];
      double[] figure = new double[3];
      background(canvas, figure);
      clutter(canvas);
      figure(shape, canvas, figure);
      noise(canvas, pixels, offset);
    }

    /** Two colours blended along a direction, striped; the figure gets a colour that stands out. */
    private void background(double[] canvas, double[] figure) {
      double[] one = new double[3];
      double[] two = new double[3];
      boolean light = random.nextBoolean();
      for (int c = 0; c < 3; c++) {
        double low = between(10, 110);
        double high = between(145, 245);
        one[c] = light ? high : low;
        two[c] = one[c] + between(-45, 45);
        figure[c] = light ? low : high;
      }
      double angle = between(0, 2 * Math.PI);
      double dx = StrictMath.cos(angle) / SIDE;
      double dy = StrictMath.sin(angle) / SIDE;
      double stripes = between(0, 30);
      double waves = between(1, 5) * 2 * Math.PI;
      double phase = between(0, 2 * Math.PI);
      for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
          double along = (x - SIDE / 2) * dx + (y - SIDE / 2) * dy;
          double wave = stripes * triangleWave(waves * along + phase);
          double blend = along + 0.5;
          for (int c = 0; c < 3; c++) {
            canvas[(c * SIDE + y) * SIDE + x] = one[c] + (two[c] - one[c]) * blend + wave;
          }
        }
      }
    }

    /** Small dots and dashes of any colour: there is more to see than the figure. */
    private void clutter(double[] canvas) {
      int pieces = random.nextInt(CLUTTER + 1);
      for (int i = 0; i < pieces; i++) {
        double[] colour = {between(0, 255), between(0, 255), between(0, 255)};
        Shape piece = random.nextBoolean() ? Shape.DISC : Shape.BAR;
        paint(piece, canvas, colour, between(0, SIDE), between(0, SIDE), between(1.2, 2.4));
      }
    }

    private void figure(Shape shape, double[] canvas, double[] colour) {
      double radius = between(7.5, 12.5);
      double room = Math.max(0, SIDE / 2.0 - radius);
      double x = SIDE / 2.0 + between(-room, room);
      double y = SIDE / 2.0 + between(-room, room);
      paint(shape, canvas, colour, x, y, radius);
    }

    private void paint(
        Shape shape, double[] canvas, double[] colour, double x, double y, double radius) {
      double angle = between(0, 2 * Math.PI);
      double cos = StrictMath.cos(angle) / radius;
      double sin = StrictMath.sin(angle) / radius;
      int reach = (int) (radius * Shape.REACH) + 2;
      int top = Math.max(0, (int) y - reach);
      int bottom = Math.min(SIDE - 1, (int) y + reach);
      int left = Math.max(0, (int) x - reach);
      int right = Math.min(SIDE - 1, (int) x + reach);
      for (int py = top; py <= bottom; py++) {
        for (int px = left; px <= right; px++) {
          double dx = px + 0.5 - x;
          double dy = py + 0.5 - y;
          double u = dx * cos + dy * sin;
          double v = dy * cos - dx * sin;
          // Within half a pixel of the outline the figure covers a part of the pixel.
          double cover = Math.max(0, Math.min(1, 0.5 - shape.distance(u, v) * radius));
          if (cover > 0) {
            for (int c = 0; c < 3; c++) {
              int p = (c * SIDE + py) * SIDE + px;
              canvas[p] += (colour[c] - canvas[p]) * cover;
            }
          }
        }
      }
    }

    /** The sum of four uniform 16-bit draws is normal enough, and one call gives all four. */
    private void noise(double[] canvas, byte[] pixels, int offset) {
      double deviation = between(0.3, 1) * NOISE;
      // Four uniforms of 16 bits sum to mean 2 * 65535 and variance 65536^2 / 3.
      double scale = deviation * Math.sqrt(3) / 65536;
      for (int p = 0; p < canvas.length; p++) {
        long bits = random.bitsAt(1_000_000L + p);
        long sum =
            (bits & 0xffff) + (bits >>> 16 & 0xffff) + (bits >>> 32 & 0xffff) + (bits >>> 48);
        double level = canvas[p] + (sum - 131070) * scale;
        pixels[offset + p] = (byte) (int) (Math.max(0, Math.min(255, level)) + 0.5);
      }
    }

    private double between(double low, double high) {
      return low + (high - low) * random.nextUniform();
    }

    /** A sine's cheap cousin: period 2 pi, from -1 to 1. */
    private static double triangleWave(double t) {
      double turns = t / (2 * Math.PI);
      return 4 * Math.abs(turns - Math.floor(turns + 0.5)) - 1;
    }
  }
}
