package io.resnet4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;

  static Safetensors sample() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(
        "conv1.weight",
        Tensor.ofFloats(
            Shape.of(1, 2, 1, 3), 1, -2.5f, Float.NaN, Float.NEGATIVE_INFINITY, -0f, 3e-42f));
    tensors.put("wide", Tensor.ofDoubles(Shape.of(2), Math.PI, -1e300));
    tensors.put("bytes", Tensor.of(Shape.of(3), DType.U8, ByteBuffer.wrap(new byte[] {1, -1, 0})));
    tensors.put("signed", Tensor.of(Shape.of(1), DType.S8, ByteBuffer.wrap(new byte[] {-7})));
    tensors.put(
        "half", Tensor.of(Shape.of(2), DType.BF16, ByteBuffer.wrap(new byte[] {0, 63, -64, -65})));
    tensors.put("count", Tensor.zeros(Shape.of(), DType.I64));
    tensors.put("scalar", Tensor.ofFloats(Shape.of(), 42));
    return new Safetensors(tensors, Map.of("note", "line\n\"quoted\" \u00e9"));
  }

  private static void assertSame(Safetensors expected, Safetensors actual) {
    assertEquals(expected.metadata(), actual.metadata());
    assertEquals(List.copyOf(expected.tensors().keySet()), List.copyOf(actual.tensors().keySet()));
    expected
        .tensors()
        .forEach(
            (name, tensor) -> {
              assertEquals(tensor.toString(), actual.tensors().get(name).toString());
              assertEquals(tensor.bytes(), actual.tensors().get(name).bytes(), name);
            });
  }

  @Test
  void whatIsWrittenIsReadBitForBit() {
    Path file = folder.resolve("a.safetensors");
    sample().write(file);
    assertSame(sample(), Safetensors.read(file));
  }

  @Test
  void dataBeginsAtAMultipleOfEight() throws IOException {
    Path file = folder.resolve("a.safetensors");
    sample().write(file);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(0, bytes.getLong(0) % 8);
    assertEquals('{', bytes.get(8));
  }

  private Path file(String header, byte... data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json).put(data);
    return Files.write(folder.resolve("made.safetensors"), bytes.array());
  }

  @Test
  void halvesAndCountersAreWidened() throws IOException {
    byte[] data = new byte[30];
    ByteBuffer.wrap(data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort((short) 0x3555)
        .putShort((short) 0xfc00)
        .putShort((short) 0x8001)
        .putShort((short) 0x7bff)
        .putShort((short) 0x7e00)
        .putShort((short) 0x8000)
        .putLong(123456789012L)
        .putInt(-70000)
        .putShort((short) -5)
        .putShort((short) 6)
        .put((byte) 0)
        .put((byte) 3);
    Path file =
        file(
            "{\"h\":{\"dtype\":\"F16\",\"shape\":[6],\"data_offsets\":[0,12]},"
                + "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[12,20]},"
                + "\"i\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[20,24]},"
                + "\"s\":{\"dtype\":\"I16\",\"shape\":[2],\"data_offsets\":[24,28]},"
                + "\"b\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[28,30]}}  ",
            data);
    Map<String, Tensor> tensors = Safetensors.read(file).tensors();
    assertArrayEquals(
        new float[] {0.333251953125f, Float.NEGATIVE_INFINITY, -0x1p-24f, 65504, Float.NaN, -0f},
        tensors.get("h").toFloats());
    assertEquals(123456789012.0, tensors.get("n").get(0));
    assertEquals(DType.I64, tensors.get("n").type());
    assertEquals("I64 [1]", tensors.get("i").toString());
    assertEquals(-70000, tensors.get("i").get(0));
    assertArrayEquals(new double[] {-5, 6}, tensors.get("s").toDoubles());
    assertArrayEquals(new double[] {0, 1}, tensors.get("b").toDoubles());
    assertEquals(Shape.of(), tensors.get("n").shape());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,8]}} | takes 8 bytes; expected 4",
        "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,12]}} | two within the 8 bytes",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[8,4]}} | data_offsets [8, 4]",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | begins at byte 4",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | end at byte 4 of 8",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
            + "'b':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | without overlap or hole",
        "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | whole numbers of at least 0",
        "{'a':{'dtype':'F32','shape':[0],'data_offsets':[0,0]}} | all positive",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}} | 2^31",
        "{'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,8]}} | whole numbers",
        "{'a':{'dtype':'F32','shape':[2.5],'data_offsets':[0,8]}} | whole numbers",
        "{'a':{'dtype':'F32','shape':2,'data_offsets':[0,8]}} | no list shape",
        "{'a':{'dtype':'F32','shape':[2]}} | no list data_offsets",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4,8]}} | expected two",
        "{'a':{'dtype':'C64','shape':[1],'data_offsets':[0,8]}} | dtype 'C64'; expected one of",
        "{'a':{'shape':[1],'data_offsets':[0,8]}} | dtype ''",
        "{'a':7} | 'a' is not an object",
        "{'__metadata__':{'x':1}} | 'x' is not a text",
        "{'__metadata__':[]} | __metadata__ is not an object",
        "{'__metadata__':{},'__metadata__':{}} | Duplicate",
        "{} {} | not JSON",
        "[1,2] | does not begin with '{'",
        "{'a': | not JSON",
      })
  void badHeadersAreRefused(String header, String expected) throws IOException {
    Path file = file(header.replace('\'', '"'), new byte[8]);
    Exception e = assertThrows(InvalidInputException.class, () -> Safetensors.read(file));
    assertTrue(
        e.getMessage().startsWith(file + ": not a valid safetensors file: "), e.getMessage());
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  @Test
  void lengthsAreChecked() throws IOException {
    Path file = folder.resolve("short");
    message(file, "no such file");
    Files.write(file, new byte[7]);
    message(file, "7 bytes");
    Files.write(file, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, '{', '}'});
    message(file, "length is 18446744073709551615; expected 2 to 2");
    Files.write(file, new byte[] {2, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, '}'});
    message(file, "not UTF-8");
    message(folder, "no such file");
  }

  private static void message(Path file, String expected) {
    Exception e = assertThrows(InvalidInputException.class, () -> Safetensors.read(file));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    Path file = folder.resolve("a.safetensors");
    sample().write(file);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      assertThrows(InvalidInputException.class, () -> Safetensors.read(file), "length " + length);
    }
  }

  @Test
  void failedWriteLeavesTheOldFile() throws IOException {
    Path file = folder.resolve("a.safetensors");
    sample().write(file);
    assertThrows(
        IOException.class,
        () ->
            AtomicFile.write(
                file,
                out -> {
                  out.write(ByteBuffer.allocate(100));
                  throw new IOException("disk full");
                }));
    assertSame(sample(), Safetensors.read(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
    assertThrows(
        UncheckedIOException.class, () -> sample().write(folder.resolve("missing").resolve("x")));
  }
}
