package io.resnet4j.app;

import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Weights as torchvision publishes them: {@code torch.save} of an ordered dictionary. */
final class TinyPth {
  private static final String ORDERED = "ccollections\nOrderedDict\n)R";

  private TinyPth() {}

  static byte[] of(Map<String, Tensor> state) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      StringBuilder pickle = new StringBuilder("\u0080\u0002" + ORDERED + "(");
      int key = 0;
      for (Map.Entry<String, Tensor> each : state.entrySet()) {
        pickle.append(text(each.getKey())).append(tensor(each.getValue().shape(), key));
        float[] values = each.getValue().toFloats();
        ByteBuffer bytes =
            ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        entry(zip, "net/data/" + key++, bytes.array());
      }
      pickle.append("u.");
      entry(zip, "net/data.pkl", pickle.toString().getBytes(StandardCharsets.ISO_8859_1));
      entry(zip, "net/version", "3\n".getBytes(StandardCharsets.US_ASCII));
    }
    return out.toByteArray();
  }

  /** What rebuilds a tensor of the storage called {@code key}, row by row. */
  private static String tensor(Shape shape, int key) {
    StringBuilder sizes = new StringBuilder("(");
    StringBuilder strides = new StringBuilder("(");
    long step = shape.elements();
    for (int axis = 0; axis < shape.rank(); axis++) {
      step /= shape.dim(axis);
      sizes.append(whole(shape.dim(axis)));
      strides.append(whole(step));
    }
    String storage =
        "("
            + text("storage")
            + "ctorch\nFloatStorage\n"
            + text(Integer.toString(key))
            + text("cpu")
            + whole(shape.elements())
            + "tQ";
    return "ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + whole(0)
        + sizes
        + "t"
        + strides
        + "t\u0089"
        + ORDERED
        + "tR";
  }

  private static String text(String ascii) {
    return "X" + number(Integer.BYTES, ascii.length()) + ascii;
  }

  private static String whole(long value) {
    return "\u008a\u0008" + number(Long.BYTES, value);
  }

  private static String number(int bytes, long value) {
    byte[] all =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    return new String(all, 0, bytes, StandardCharsets.ISO_8859_1);
  }

  private static void entry(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 sum = new CRC32();
    sum.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(sum.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
  }
}
