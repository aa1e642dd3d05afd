package io.resnet4j.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds the orientation tag of a JPEG file: its first Exif segment (APP1), a TIFF header, and entry
 * 0x0112 of the first directory. What is damaged counts as absent, since the picture itself may be
 * sound.
 */
final class Exif {
  private static final int UPRIGHT = 1;
  private static final int TAG_ORIENTATION = 0x0112;
  private static final int TYPE_SHORT = 3;
  private static final byte[] IDENTIFIER = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);

  private Exif() {}

  /** The orientation, from 1 to 8; 1 where the file does not say. */
  static int orientation(byte[] jpeg) {
    if (jpeg.length < 4 || jpeg[0] != (byte) 0xff || jpeg[1] != (byte) 0xd8) {
      return UPRIGHT;
    }
    int at = 2;
    while (at + 4 <= jpeg.length && jpeg[at] == (byte) 0xff) {
      int marker = jpeg[at + 1] & 0xff;
      if (marker == 0xff) {
        at++;
        continue;
      }
      if (marker == 0xda || marker == 0xd9) {
        return UPRIGHT;
      }
      int length = (jpeg[at + 2] & 0xff) << 8 | jpeg[at + 3] & 0xff;
      int begin = at + 4;
      int end = at + 2 + length;
      if (length < 2 || end > jpeg.length) {
        return UPRIGHT;
      }
      if (marker == 0xe1
          && end - begin > IDENTIFIER.length
          && Arrays.equals(jpeg, begin, begin + IDENTIFIER.length, IDENTIFIER, 0, 6)) {
        int tiff = begin + IDENTIFIER.length;
        return fromTiff(ByteBuffer.wrap(jpeg, tiff, end - tiff).slice());
      }
      at = end;
    }
    return UPRIGHT;
  }

  private static int fromTiff(ByteBuffer tiff) {
    if (tiff.limit() < 8) {
      return UPRIGHT;
    }
    int order = tiff.getShort(0);
    if (order == 0x4949) {
      tiff.order(ByteOrder.LITTLE_ENDIAN);
    } else if (order != 0x4d4d) {
      return UPRIGHT;
    }
    int directory = tiff.getInt(4);
    if (tiff.getShort(2) != 42 || directory < 8 || directory > tiff.limit() - 2) {
      return UPRIGHT;
    }
    int entries = tiff.getShort(directory) & 0xffff;
    for (int i = 0; i < entries; i++) {
      int entry = directory + 2 + 12 * i;
      if (entry + 12 > tiff.limit()) {
        return UPRIGHT;
      }
      if ((tiff.getShort(entry) & 0xffff) == TAG_ORIENTATION) {
        int value = tiff.getShort(entry + 8);
        boolean sound =
            tiff.getShort(entry + 2) == TYPE_SHORT
                && tiff.getInt(entry + 4) == 1
                && value >= 1
                && value <= 8;
        return sound ? value : UPRIGHT;
      }
    }
    return UPRIGHT;
  }
}
