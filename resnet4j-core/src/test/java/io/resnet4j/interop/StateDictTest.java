package io.resnet4j.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.resnet4j.InvalidInputException;
import io.resnet4j.tensor.DType;
import io.resnet4j.tensor.Shape;
import io.resnet4j.tensor.Tensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StateDictTest {
  private static final JsonNode EXPECTED = expected();
  private static final String FLOATS = Pth.storage("FloatStorage", "0", 6);

  @TempDir Path folder;

  static Path golden(String name) {
    try {
      return Path.of(StateDictTest.class.getResource("/golden/pth/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode expected() {
    try {
      return new ObjectMapper().readTree(golden("expected.json").toFile());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<String> goldens() {
    List<String> names = new ArrayList<>();
    EXPECTED.path("files").fieldNames().forEachRemaining(names::add);
    return names;
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void whatPyTorchWroteIsRead(String name) {
    JsonNode expected = EXPECTED.path("files").path(name);
    StateDict read = StateDict.read(golden(name));
    assertEquals(StateDict.Format.PYTORCH, read.format());
    assertEquals(expected.path("nesting").asText(), read.nesting());
    assertEquals(expected.path("prefix").asText(), read.prefix());
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, JsonNode> named : expected.path("tensors").properties()) {
      names.add(named.getKey());
      Tensor tensor = read.tensors().get(named.getKey());
      ObjectMapper json = new ObjectMapper();
      int[] shape = json.convertValue(named.getValue().path("shape"), int[].class);
      double[] values = json.convertValue(named.getValue().path("values"), double[].class);
      assertEquals(Shape.of(shape), tensor.shape(), named.getKey());
      assertArrayEquals(values, tensor.toDoubles(), named.getKey());
    }
    assertEquals(names, List.copyOf(read.tensors().keySet()));
  }

  /** Before 0.4 PyTorch called another function, whose first four arguments are the same. */
  @Test
  void whatPyTorchWroteBeforeIsRead() throws IOException {
    byte[] now = Files.readAllBytes(golden("legacy.pth"));
    String text = new String(now, StandardCharsets.ISO_8859_1);
    assertTrue(text.contains("_rebuild_tensor_v2\n"));
    Path before = folder.resolve("before.pth");
    Files.writeString(
        before,
        text.replace("_rebuild_tensor_v2\n", "_rebuild_tensor\n"),
        StandardCharsets.ISO_8859_1);
    Map<String, Tensor> expected = StateDict.read(golden("legacy.pth")).tensors();
    Map<String, Tensor> read = StateDict.read(before).tensors();
    assertEquals(expected.keySet(), read.keySet());
    expected.forEach((name, tensor) -> assertEquals(tensor.bytes(), read.get(name).bytes(), name));
  }

  @Test
  void typesAreKeptOrWidened() {
    Map<String, Tensor> tensors = StateDict.read(golden("types.pth")).tensors();
    Map<String, DType> types = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> types.put(name, tensor.type()));
    assertEquals(DType.F64, types.get("float64"));
    assertEquals(DType.F32, types.get("float16"));
    assertEquals(DType.BF16, types.get("bfloat16"));
    for (String whole : new String[] {"int64", "int32", "int16", "counter"}) {
      assertEquals(DType.I64, types.get(whole), whole);
    }
    assertEquals(DType.S8, types.get("int8"));
    assertEquals(DType.U8, types.get("bool"));
  }

  @Test
  void contentTellsTheFormatNotTheName() throws IOException {
    Path named = folder.resolve("weights.safetensors");
    Files.copy(golden("types.pth"), named);
    assertEquals(StateDict.Format.PYTORCH, StateDict.read(named).format());
    Path other = folder.resolve("weights.pth");
    new Safetensors(
            Map.of("module.model.w", Tensor.ofFloats(Shape.of(1), 2)), Map.of("note", "kept"))
        .write(other);
    StateDict read = StateDict.read(other);
    assertEquals(StateDict.Format.SAFETENSORS, read.format());
    assertEquals("module.model.", read.prefix());
    assertEquals(Map.of("note", "kept"), read.metadata());
    assertEquals(2, read.tensors().get("w").get(0));
    assertEquals(other + ": safetensors, 1 tensors, all called 'module.model.*'", read.toString());
  }

  @Test
  void aPrefixIsRemovedOnlyWhereEveryNameHasIt() throws IOException {
    Path file = folder.resolve("w");
    Tensor one = Tensor.ofFloats(Shape.of(1), 1);
    new Safetensors(Map.of("module.a", one, "b", one), Map.of()).write(file);
    assertEquals("", StateDict.read(file).prefix());
    new Safetensors(Map.of("module.".repeat(50) + "a", one), Map.of()).write(file);
    assertTrue(StateDict.read(file).prefix().length() < 100);
    new Safetensors(Map.of("a\u001b[31m", one), Map.of()).write(file);
    refused(file, "called 'a?[31m'");
  }

  private void refused(Path file, String expected) {
    Exception e = assertThrows(InvalidInputException.class, () -> StateDict.read(file));
    assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  private void refused(byte[] content, String expected) throws IOException {
    refused(Files.write(folder.resolve("made.pth"), content), expected);
  }

  private void refusedPickle(String ops, String expected) throws IOException {
    refused(Pth.file(ops, "0", 24), expected);
  }

  @Test
  void otherFormatsOfPyTorchSayHowToSaveAnew() throws IOException {
    byte[] tar = new byte[1024];
    System.arraycopy(Pth.bytes("ustar"), 0, tar, 257, 5);
    refused(tar, "torch.save(torch.load(");
    refused(Pth.bytes("\u0080\u0002}."), "a pickle of something else");
    refused(golden("module.pth"), "names 'torch.nn.modules.linear.Linear'");
    refused(folder, "no such file");
    refused(folder.resolve("nothing"), "no such file");
    refused(new byte[0], "0 bytes");
    refused(Pth.bytes("no weights at all"), "not a valid safetensors file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "posix system",
        "builtins eval",
        "os system",
        "subprocess Popen",
        "__builtin__ exec",
        "torch.storage _load_from_bytes",
        "torch._utils _rebuild_qtensor",
        "numpy ndarray",
        "java.lang Runtime",
        "torch QInt8Storage",
        "__torch__ Module",
        " ",
        "a.b.c d"
      })
  void whatIsNotOnTheListIsNamedAndRefused(String full) throws IOException {
    String module = full.substring(0, full.indexOf(' '));
    String name = full.substring(full.indexOf(' ') + 1);
    String expected = "names '" + module + "." + name + "', which no state dict needs";
    String call = Pth.text("echo pwned") + "\u0085R";
    refusedPickle(Pth.global(module, name) + call, expected);
    refusedPickle(Pth.text(module) + Pth.text(name) + "\u0093" + call, expected);
    // By way of the memo, where reading opcodes alone does not see the name.
    refusedPickle(Pth.text(name) + "q\u0001" + Pth.text(module) + "h\u0001\u0093" + call, expected);
  }

  @Test
  void everyOtherOpcodeIsRefusedBeforeAnythingIsBuilt() throws IOException {
    int refused = 0;
    for (int code = 0; code < 256; code++) {
      if (PickleOp.of((byte) code) == null) {
        refusedPickle(
            "}" + (char) code + "garbage", String.format("opcode 0x%02x at byte 3", code));
        refused++;
      }
    }
    assertEquals(256 - PickleOp.values().length, refused);
    for (String old :
        new String[] {"ios\nsystem\n", "I1\n", "\u0081", "\u0092", "o", "2", "Pid\n"}) {
      refusedPickle("}" + old, "opcode 0x");
    }
  }

  @Test
  void lengthsAreBoundedByTheFile() throws IOException {
    String[] long4 = {"X", "B", "\u008b"};
    for (String op : long4) {
      refusedPickle(op + "\u00ff\u00ff\u00ff\u007f", "reaches beyond the end");
      refusedPickle(op + "\u00ff\u00ff\u00ff\u00ff", "reaches beyond the end");
    }
    for (String op : new String[] {"\u008d", "\u008e"}) {
      refusedPickle(op + Pth.number(8, -1), "reaches beyond the end");
      refusedPickle(op + Pth.number(8, Long.MAX_VALUE), "reaches beyond the end");
    }
    refusedPickle("\u0095" + Pth.number(8, Long.MAX_VALUE) + "}", "FRAME at byte 2 says");
    refusedPickle("}r" + Pth.number(4, Integer.MAX_VALUE), "LONG_BINPUT at byte 3 says");
    refusedPickle("}j" + Pth.number(4, -1), "item 4294967295 of its memo");
    refusedPickle("\u0080\u0009}", "PROTO at byte 2 says");
    refusedPickle("}.}", "goes on for 2 bytes after its end");
    refusedPickle("cos\nsystem", "GLOBAL at byte 2 reaches beyond the end");
    refusedPickle("}".repeat((1 << 21) + 1), "more than 2097152 opcodes");
    refused(Pth.file("", "0", 1), "takes more from its stack");
    Map<String, byte[]> cut = new LinkedHashMap<>();
    cut.put(Pth.PICKLE, Pth.bytes("\u0080\u0002}"));
    refused(Pth.zip(cut, ZipEntry.STORED), "without STOP");
  }

  @Test
  void theStackHoldsWhatIsTaken() throws IOException {
    refusedPickle("0", "takes more");
    refusedPickle("t", "a mark that it never set");
    refusedPickle("(\u0085", "takes more");
    refusedPickle("}(s", "takes more");
    refusedPickle("}(K\u0001u", "a key without a value");
    refusedPickle("K\u0001K\u0002K\u0003s", "a Whole stands where a Dict belongs");
    refusedPickle("}K\u0001a", "appends 1 items");
    refusedPickle("]K\u0001b", "stands where a Dict belongs");
    refusedPickle("K\u0001Q", "a Whole stands where a Tuple belongs");
    refusedPickle(Pth.tuple(1) + "Q", "a persistent id that is no storage");
    refusedPickle(Pth.storage("float32", "0", 6), "a storage of type 'torch.float32'");
    refusedPickle(Pth.global("torch", "FloatStorage") + ")R", "calls 'torch.FloatStorage'");
    refusedPickle(Pth.global("torch._utils", "_rebuild_tensor_v2") + ")R", "with other arguments");
    refusedPickle("X\u0001\u0000\u0000\u0000\u00ff", "not UTF-8");
    refusedPickle("K\u0001", "holds no dictionary");
    refusedPickle("}", "holds no tensors by name");
    refusedPickle(Pth.dict("epoch", "K\u0001"), "but [epoch]; looked in state_dict");
  }

  @Test
  void aDictionaryWithinItselfEnds() throws IOException {
    refusedPickle("}q\u0001(" + Pth.text("model") + "h\u0001u", "holds no tensors by name");
    StringBuilder deep = new StringBuilder();
    deep.append(("}" + Pth.text("model")).repeat(100_000)).append("}").append("s".repeat(100_000));
    refusedPickle(deep.toString(), "holds no tensors by name");
    // Lists within tuples within lists: never walked.
    refusedPickle("]" + "\u0085".repeat(200_000) + "0}", "holds no tensors by name");
  }

  @Test
  void tensorsStayInTheirStorage() throws IOException {
    String[][] wrong = {
      {Pth.tensor(FLOATS, 0, Pth.tuple(7), Pth.tuple(1)), "outside its storage of 6 elements"},
      {Pth.tensor(FLOATS, 1, Pth.tuple(2, 3), Pth.tuple(3, 1)), "outside its storage"},
      {Pth.tensor(FLOATS, 6, Pth.tuple(1), Pth.tuple(1)), "outside its storage"},
      {Pth.tensor(FLOATS, -1, Pth.tuple(2), Pth.tuple(1)), "outside its storage"},
      {Pth.tensor(FLOATS, 5, Pth.tuple(2), Pth.tuple(-1)), "outside its storage"},
      {Pth.tensor(FLOATS, 0, Pth.tuple(2, 2), Pth.tuple(1L << 62, 1L << 62)), "outside"},
      {Pth.tensor(FLOATS, 0, Pth.tuple(2, 2), Pth.tuple(1)), "2 extents and 1 strides"},
      {Pth.tensor(FLOATS, 0, Pth.tuple(-2), Pth.tuple(1)), "has shape [-2]"},
      {Pth.tensor(FLOATS, 0, Pth.tuple(0), Pth.tuple(1)), "has shape [0]"},
      {Pth.tensor(FLOATS, 0, Pth.tuple(1L << 33, 1L << 33), Pth.tuple(0, 0)), "at most 2 GiB"},
      {Pth.tensor(FLOATS, 0, Pth.tuple(1L << 32), Pth.tuple(0)), "at most 2 GiB"},
      {Pth.tensor(FLOATS, 0, Pth.tuple(new long[17]), Pth.tuple(new long[17])), "16 extents"},
      {Pth.tensor(FLOATS, 0, Pth.tuple(500_000_000), Pth.tuple(0)), "zip bomb"},
      {Pth.tensor(FLOATS, 0, "(" + Pth.text("6") + "t", Pth.tuple(1)), "no whole numbers"},
      {six(Pth.storage("FloatStorage", "0", 7)), "has 24 bytes; expected 28"},
      {six(Pth.storage("DoubleStorage", "0", 6)), "has 24 bytes; expected 48"},
      {six(Pth.storage("FloatStorage", "1", 6)), "'a/data/1', which is missing"},
      {six(Pth.storage("FloatStorage", "../data.pkl", 6)), "names no storage"},
      {six(Pth.storage("FloatStorage", "0", (1L << 62) + 6)), "expected"},
      {six(Pth.storage("ByteStorage", "9", -1)), "outside its storage"},
    };
    for (String[] one : wrong) {
      refusedPickle(Pth.dict("w", one[0]), one[1]);
    }
    Path good = Files.write(folder.resolve("good"), Pth.file(Pth.dict("w", six(FLOATS)), "0", 24));
    assertEquals(Shape.of(6), StateDict.read(good).tensors().get("w").shape());
  }

  private static String six(String storage) {
    return Pth.tensor(storage, 0, Pth.tuple(6), Pth.tuple(1));
  }

  @Test
  void manyViewsOfOneStorageDoNotFillTheMemory() throws IOException {
    String storage = Pth.storage("FloatStorage", "0", 1 << 20) + "q\u0001";
    StringBuilder views = new StringBuilder(storage + "0}(");
    for (int i = 0; i < 1000; i++) {
      // Every other element, so that it must be copied.
      views.append(Pth.text("w" + i));
      views.append(Pth.tensor("h\u0001", 0, Pth.tuple(1 << 19), Pth.tuple(2)));
    }
    refused(Pth.file(views + "u", "0", 4 << 20), "zip bomb");
  }

  @Test
  void zipBombsAndForeignEntriesAreRefused() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    String ops = six(Pth.storage("FloatStorage", "0", 25_000_000));
    entries.put(Pth.PICKLE, Pth.bytes("\u0080\u0002" + Pth.dict("w", ops) + "."));
    entries.put("a/data/0", new byte[100_000_000]);
    refused(Pth.zip(entries, ZipEntry.DEFLATED), "zip bomb");
    entries.clear();
    entries.put(Pth.PICKLE, new byte[(1 << 26) + 1]);
    refused(Pth.zip(entries, ZipEntry.DEFLATED), "expected at most 67108864");
    for (String name : new String[] {"../data.pkl", "/etc/data.pkl", "a/../../b", "a\\b"}) {
      entries.clear();
      entries.put(Pth.PICKLE, Pth.bytes("\u0080\u0002}."));
      entries.put(name, new byte[1]);
      refused(Pth.zip(entries, ZipEntry.STORED), "lies outside the archive");
    }
    entries.clear();
    entries.put("a/readme.txt", new byte[1]);
    refused(Pth.zip(entries, ZipEntry.STORED), "without data.pkl");
    entries.put("a/data.pkl", new byte[1]);
    entries.put("b/data.pkl", new byte[1]);
    refused(Pth.zip(entries, ZipEntry.STORED), "more than one folder");
    entries.remove("b/data.pkl");
    entries.put("a/byteorder", Pth.bytes("middle"));
    refused(Pth.zip(entries, ZipEntry.STORED), "byte order 'middle'");
  }

  @Test
  void damageAndEveryTruncationIsNoticed() throws IOException {
    byte[] whole = Files.readAllBytes(golden("strided.pth"));
    Path file = folder.resolve("cut.pth");
    for (int length = 0; length < whole.length; length += 1 + length / 200) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThrows(InvalidInputException.class, () -> StateDict.read(file), "length " + length);
    }
    byte[] good = Pth.file(Pth.dict("w", six(FLOATS)), "0", 24);
    int data = new String(good, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("a/data/0");
    good[data + "a/data/0".length() + 3] = 7;
    refused(good, "is damaged: its checksum");
  }
}
