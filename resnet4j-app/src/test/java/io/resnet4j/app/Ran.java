package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A command line that was run, with what it wrote. */
record Ran(int status, String out, String err) {
  static Ran of(Object... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    return new Ran(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Requires success. */
  Ran good() {
    assertEquals(Main.OK, status, err);
    assertFalse(err.contains("error:"), err);
    return this;
  }

  /** Requires one line of error that holds every part, nothing on standard output. */
  void bad(int expectedStatus, String... parts) {
    assertEquals(expectedStatus, status, err);
    List<String> errors = err.lines().filter(line -> line.startsWith("error: ")).toList();
    assertEquals(1, errors.size(), err);
    assertEquals(errors.get(0), err.lines().reduce("", (a, b) -> b), "the error comes last");
    assertFalse(err.contains("\tat "), err);
    for (String part : parts) {
      assertTrue(errors.get(0).contains(part), errors.get(0) + " lacks " + part);
    }
    assertEquals("", out);
  }

  /** The one line of JSON on standard output. */
  JsonNode json() {
    assertEquals(1, out.lines().count(), out);
    try {
      return Json.MAPPER.readTree(out);
    } catch (JsonProcessingException e) {
      throw new AssertionError(out, e);
    }
  }

  /** What to call a file in an argument such as {@code cifar10:DIR}. */
  static String cifar(Path folder) {
    return "cifar10:" + folder;
  }
}
