package io.resnet4j.data;

import java.util.ArrayList;
import java.util.List;

/**
 * What of a picture is looked at when it is judged; a network's answers to several views are
 * averaged (test-time augmentation).
 */
public enum Views {
  /** The middle, once. */
  CENTRE(1),
  /** The middle, and its mirror image. */
  FLIP(2),
  /**
   * The middle and the four corners, and their mirror images (Krizhevsky et al. 2012). A picture
   * that is not resized to more than the input's size is padded first by two pixels at each side,
   * which mirror it, so that its corners are itself moved by two pixels (Jordan 2024,
   * arXiv:2404.00498, has such views).
   */
  CROPS(10);

  /** Of padded pictures. */
  private static final int BORDER = 2;

  private final int count;

  Views(int count) {
    this.count = count;
  }

  /** How many there are of each picture. */
  public int count() {
    return count;
  }

  /**
   * The views of a whole picture, each of the size given.
   *
   * @param resize what its shorter side becomes first
   * @throws io.resnet4j.InvalidInputException if it is too long and thin for that
   */
  List<Picture> of(Picture whole, int height, int width, int resize) {
    List<Picture> views = new ArrayList<>();
    views.add(whole.middle(height, width, resize));
    if (this == CROPS) {
      Picture resized = whole.covering(resize);
      if (resized.height() == height && resized.width() == width) {
        resized = resized.reflected(BORDER);
      }
      int bottom = resized.height() - height;
      int right = resized.width() - width;
      views.add(resized.crop(0, 0, height, width));
      views.add(resized.crop(0, right, height, width));
      views.add(resized.crop(bottom, 0, height, width));
      views.add(resized.crop(bottom, right, height, width));
    }
    if (this != CENTRE) {
      List<Picture> upright = List.copyOf(views);
      upright.forEach(view -> views.add(view.mirrored()));
    }
    return views;
  }

  /** The views of every picture of {@code data}, those of one after those of another. */
  public Dataset over(Dataset data) {
    return this == CENTRE ? data : new ViewsDataset(data, this);
  }
}
