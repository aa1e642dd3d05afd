package io.resnet4j.quantise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.infer.Predictor;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.model.ManyOps;
import io.resnet4j.model.Model;
import io.resnet4j.plan.Precision;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantisedFileTest {
  @TempDir Path folder;

  private final Model model =
      ManyOps.model(QuantisedNetworksTest.small("resnet20"), 3).withMetadata("note", "kept");

  private Path saved() {
    Path file = folder.resolve("q.safetensors");
    QuantisedNetworksTest.quantised(model).save(file);
    return file;
  }

  @Test
  void whatIsSavedComesBack() {
    QuantisedModel made = QuantisedNetworksTest.quantised(model);
    Path file = saved();
    QuantisedModel read = QuantisedModel.load(file);
    assertTrue(QuantisedModel.isQuantised(file));
    assertEquals(made.quantisation(), read.quantisation());
    assertEquals(Map.of("note", "kept"), read.metadata());
    assertEquals(DType.S8, read.state().get("conv1.weight").type());
    assertArrayEquals(
        QuantisedNetworksTest.logits(made, "onednn", Precision.INT8),
        QuantisedNetworksTest.logits(read, "onednn", Precision.INT8));
    assertMessage("which only predicts", () -> Model.load(file));
    assertMessage("runs in int8", () -> Predictor.open(read, Precision.F32).close());
    assertMessage("not quantised", () -> Predictor.open(model, Precision.INT8).close());
    Path plain = folder.resolve("m.safetensors");
    model.save(plain);
    assertFalse(QuantisedModel.isQuantised(plain));
    assertFalse(QuantisedModel.isQuantised(folder.resolve("none")));
    assertMessage("of version null", () -> QuantisedModel.load(plain));
  }

  private void broken(String part, BiConsumer<Map<String, Tensor>, Map<String, String>> damage) {
    Safetensors good = Safetensors.read(saved());
    Map<String, Tensor> tensors = new LinkedHashMap<>(good.tensors());
    Map<String, String> metadata = new LinkedHashMap<>(good.metadata());
    damage.accept(tensors, metadata);
    Path file = folder.resolve("broken.safetensors");
    new Safetensors(tensors, metadata).write(file);
    assertMessage(part, () -> QuantisedModel.load(file));
  }

  private static void assertMessage(String part, Runnable action) {
    String message = assertThrows(InvalidInputException.class, action::run).getMessage();
    assertTrue(message.contains(part) && !message.contains("\n"), message);
  }

  private static Tensor bytes(Shape shape, DType type, int value) {
    byte[] all = new byte[(int) shape.elements()];
    java.util.Arrays.fill(all, (byte) value);
    return Tensor.of(shape, type, ByteBuffer.wrap(all));
  }

  @Test
  void damagedFilesAreRefusedInOneLine() {
    Shape conv = model.state().get("conv1.weight").shape();
    Shape channels = Shape.of(conv.dim(0));
    Shape one = Shape.of();
    String scale = "activations.images.scale";
    String zero = "activations.images.zero_point";
    broken("version 9", (t, m) -> m.put(Model.QUANTISED, "9"));
    broken("has no metadata", (t, m) -> m.remove("resnet4j.quantised.spec"));
    broken("network cannot be read", (t, m) -> m.put("resnet4j.quantised.spec", "{"));
    broken("conv1.bias' is missing", (t, m) -> t.remove("conv1.bias"));
    broken("has no place", (t, m) -> t.put("more", Tensor.ofFloats(one, 1)));
    broken("expected " + conv, (t, m) -> t.put("conv1.weight", bytes(one, DType.S8, 1)));
    broken("holds -128", (t, m) -> t.put("conv1.weight", bytes(conv, DType.S8, -128)));
    broken("is U8, expected F32", (t, m) -> t.put("conv1.weight", bytes(conv, DType.U8, 1)));
    broken("above zero", (t, m) -> t.put("conv1.weight_scale", Tensor.zeros(channels, DType.F32)));
    broken(
        "holds NaN",
        (t, m) -> {
          float[] values = new float[channels.dim(0)];
          values[1] = Float.NaN;
          t.put("conv1.bias", Tensor.ofFloats(channels, values));
        });
    broken("above zero", (t, m) -> t.put(scale, Tensor.ofFloats(one, Float.POSITIVE_INFINITY)));
    broken("is missing", (t, m) -> t.remove(zero));
    broken("expected a U8 or I8 of 0", (t, m) -> t.put(zero, bytes(one, DType.U8, 3)));
    broken(
        "has no scaling",
        (t, m) -> {
          t.remove(scale);
          t.remove(zero);
        });
  }

  /** Whatever is in the file, it is read or refused in one line. */
  @Test
  void mutatedFilesAreAnswered() throws Exception {
    byte[] good = Files.readAllBytes(saved());
    SplittableRandom random = new SplittableRandom(11);
    Path file = folder.resolve("mutated.safetensors");
    for (int i = 0; i < 300; i++) {
      byte[] bytes = good.clone();
      int edits = 1 + random.nextInt(4);
      for (int e = 0; e < edits; e++) {
        // Half of them in the header, where names and numbers are.
        int end = random.nextBoolean() ? Math.min(bytes.length, 12_000) : bytes.length;
        bytes[random.nextInt(end)] = (byte) random.nextInt(256);
      }
      Files.write(
          file,
          random.nextInt(8) == 0
              ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length))
              : bytes);
      try {
        QuantisedModel.load(file);
      } catch (InvalidInputException e) {
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
      }
    }
  }
}
