package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Picture;
import java.util.function.Supplier;

/**
 * A picture that was asked for.
 *
 * @param name what results and messages call it
 * @param reader fetches and decodes it, on any thread
 */
record PictureInput(String name, Supplier<Picture> reader) {
  /** Something that turned out to be no picture; whoever reads it hears why. */
  static PictureInput bad(String name, InvalidInputException why) {
    return new PictureInput(
        name,
        () -> {
          throw why;
        });
  }
}
