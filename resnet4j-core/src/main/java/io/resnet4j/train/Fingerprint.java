package io.resnet4j.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.data.Dataset;
import io.resnet4j.model.Model;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32;

/** Checksums by which a resumed run knows that it goes on with what it was begun with. */
final class Fingerprint {
  private static final int SAMPLED_PICTURES = 64;

  private Fingerprint() {}

  /** Over every label and some pictures, spread evenly: reading all of a large set takes long. */
  static String of(Dataset data) {
    CRC32 crc = new CRC32();
    for (int i = 0; i < data.size(); i++) {
      label(crc, data.label(i));
    }
    byte[] picture = new byte[data.pictureSize().samples()];
    int pictures = Math.min(SAMPLED_PICTURES, data.size());
    for (int i = 0; i < pictures; i++) {
      data.picture((int) ((long) i * data.size() / pictures), picture);
      crc.update(picture);
    }
    return text(crc);
  }

  /**
   * What can be told of every picture without decoding it: {@code labels}; of files {@code names},
   * below the folder that all are in, and {@code sizes}, which a copy of the folder shares; of
   * pictures in memory {@code pixels}.
   *
   * @throws InvalidInputException if a file is gone
   */
  static ObjectNode contents(Dataset data) {
    ObjectNode contents = Json.MAPPER.createObjectNode();
    CRC32 labels = new CRC32();
    for (int i = 0; i < data.size(); i++) {
      label(labels, data.label(i));
    }
    contents.put("labels", text(labels));
    Optional<Path> first = data.file(0);
    if (first.isPresent()) {
      files(data, folder(data, first.get()), contents);
    } else if (data.inMemory()) {
      CRC32 pixels = new CRC32();
      for (int i = 0; i < data.size(); i++) {
        pixels.update(data.whole(i).toPlanes());
      }
      contents.put("pixels", text(pixels));
    }
    return contents;
  }

  /** The deepest that all files are in. */
  private static Path folder(Dataset data, Path first) {
    Path folder = first.toAbsolutePath().getParent();
    for (int i = 1; i < data.size(); i++) {
      while (!data.file(i).orElseThrow().toAbsolutePath().startsWith(folder)) {
        folder = folder.getParent();
      }
    }
    return folder;
  }

  private static void files(Dataset data, Path folder, ObjectNode contents) {
    CRC32 names = new CRC32();
    CRC32 sizes = new CRC32();
    for (int i = 0; i < data.size(); i++) {
      Path file = data.file(i).orElseThrow();
      String name = folder.relativize(file.toAbsolutePath()).toString().replace('\\', '/');
      names.update((name + "\n").getBytes(StandardCharsets.UTF_8));
      try {
        sizes.update((Files.size(file) + "\n").getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new InvalidInputException(
            file + ": is gone since the folder was listed; begin again", e);
      }
    }
    contents.put("names", text(names));
    contents.put("sizes", text(sizes));
  }

  static String of(Model model) {
    CRC32 crc = new CRC32();
    model.state().values().forEach(tensor -> crc.update(tensor.bytes()));
    return text(crc);
  }

  private static void label(CRC32 crc, int label) {
    crc.update(label);
    crc.update(label >> 8);
  }

  private static String text(CRC32 crc) {
    return Long.toHexString(crc.getValue());
  }
}
