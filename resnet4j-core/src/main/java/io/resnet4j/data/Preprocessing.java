package io.resnet4j.data;

import io.resnet4j.InvalidInputException;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * How any picture becomes the input of one model: its shorter side is resized, the middle is cut
 * out, colours become what the model's channels mean, and the samples are normalised. It is kept
 * with the weights, so that evaluation and prediction cannot differ from training.
 *
 * @param channels the model's input channels
 * @param height rows of the model's input
 * @param width columns of the model's input
 * @param resize what the shorter side of a picture is resized to before the middle is cut out; at
 *     least {@code height} and {@code width}
 * @param meaning what the channels are
 * @param normalisation applied last
 */
public record Preprocessing(
    int channels,
    int height,
    int width,
    int resize,
    ChannelMeaning meaning,
    Normalisation normalisation) {
  private static final int LARGEST_SIDE = 1 << 14;

  /** What the planes of a picture are, in their order. */
  public enum ChannelMeaning {
    /** Luma, as ITU-R BT.601 weighs red, green and blue. */
    GREY(1),
    /** Red, green, blue, sRGB. */
    RGB(3);

    private final int channels;

    ChannelMeaning(int channels) {
      this.channels = channels;
    }

    /** How many planes that is. */
    public int channels() {
      return channels;
    }
  }

  /**
   * @throws InvalidInputException if the parts do not fit each other
   */
  public Preprocessing {
    PictureSize size = new PictureSize(channels, height, width);
    if (meaning.channels() != channels) {
      throw new InvalidInputException(
          "preprocessing: " + channels + " channels cannot be " + meaning);
    }
    if (resize < height || resize < width || resize > LARGEST_SIDE) {
      throw new InvalidInputException(
          "preprocessing: the shorter side becomes "
              + resize
              + ", expected at least that of the input "
              + size
              + " and at most "
              + LARGEST_SIDE);
    }
    normalisation.check(size);
  }

  /** For models trained on {@code data}: pictures are resized and cut as that data set's are. */
  public static Preprocessing of(Dataset data, Normalisation normalisation) {
    PictureSize size = data.pictureSize();
    return new Preprocessing(
        size.channels(), size.height(), size.width(), data.resize(), meaning(size), normalisation);
  }

  /**
   * As networks are evaluated that were trained on ImageNet: red, green and blue, the shorter side
   * resized, the middle cut out, torchvision's means and deviations.
   *
   * @param resize what the shorter side becomes, such as 256
   * @param side rows and columns of the model's input, such as 224
   */
  public static Preprocessing imageNet(int resize, int side) {
    return new Preprocessing(3, side, side, resize, ChannelMeaning.RGB, Normalisation.imageNet());
  }

  /** The size of the model's input. */
  public PictureSize pictureSize() {
    return new PictureSize(channels, height, width);
  }

  /**
   * Fails where {@code data} is not what the model takes.
   *
   * @throws InvalidInputException if its pictures are of another size
   */
  public void check(Dataset data) {
    if (!pictureSize().equals(data.pictureSize())) {
      throw new InvalidInputException(
          data.name()
              + ": pictures of "
              + data.pictureSize()
              + ", but the model takes "
              + pictureSize()
              + "; use the kind of data it was trained on");
    }
  }

  /** {@code picture} as the model's input, before it is normalised: unsigned planes. */
  public byte[] levels(Picture picture) {
    return levels(picture, Views.CENTRE).get(0);
  }

  /** Several views of {@code picture} as {@link #levels(Picture)} gives the one. */
  public List<byte[]> levels(Picture picture, Views views) {
    return views.of(picture, height, width, resize).stream()
        .map(view -> (meaning == ChannelMeaning.GREY ? view.toGrey() : view.toRgb()).toPlanes())
        .toList();
  }

  /** Writes {@code picture} as the model's normalised input at {@code to}'s position. */
  public void write(Picture picture, FloatBuffer to) {
    new Normaliser(normalisation, pictureSize()).apply(levels(picture), to);
  }

  private static ChannelMeaning meaning(PictureSize size) {
    for (ChannelMeaning meaning : ChannelMeaning.values()) {
      if (meaning.channels() == size.channels()) {
        return meaning;
      }
    }
    throw new InvalidInputException(
        "pictures of " + size + ": expected 1 channel (grey) or 3 (red, green, blue)");
  }
}
