package io.resnet4j.app;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** A folder of small pictures in two classes, one dark and one light. */
final class TinyFolder {
  private TinyFolder() {}

  /** {@code train}, {@code val} and {@code test} with {@code each} pictures of a class. */
  static Path write(Path folder, int each) throws IOException {
    for (String split : new String[] {"train", "val", "test"}) {
      plain(folder.resolve(split), each);
    }
    return folder;
  }

  /** The folders of the classes alone. */
  static Path plain(Path folder, int each) throws IOException {
    for (int i = 0; i < 2 * each; i++) {
      Path file = folder.resolve(i % 2 == 0 ? "dark" : "light").resolve(i + ".jpg");
      Files.createDirectories(file.getParent());
      BufferedImage image = new BufferedImage(40 + i % 5, 36, BufferedImage.TYPE_INT_RGB);
      for (int y = 0; y < 36; y++) {
        for (int x = 0; x < image.getWidth(); x++) {
          image.setRGB(x, y, (i % 2 == 0 ? 0x101820 : 0xc0d0e0) + (x * 3 + y * 5 + i) % 30);
        }
      }
      ImageIO.write(image, "jpg", file.toFile());
    }
    return folder;
  }
}
