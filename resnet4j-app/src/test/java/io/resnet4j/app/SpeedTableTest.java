package io.resnet4j.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The command that measures the README's table of speed has tests in its own language. */
class SpeedTableTest {
  private static final File ROOT = new File("..").getAbsoluteFile();

  private record Python(int status, String said) {
    static Python run(String... arguments) throws IOException, InterruptedException {
      List<String> command = new ArrayList<>(List.of("python3"));
      command.addAll(List.of(arguments));
      Process process =
          new ProcessBuilder(command).directory(ROOT).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Python(process.waitFor(), said);
    }
  }

  @Test
  void itsOwnTestsPass() throws Exception {
    assumeTrue(hasPython(), "no python3, 3.11 or later, here");
    Python tests = Python.run("tools/peers/speed_table_test.py");
    assertEquals(0, tests.status(), tests.said());
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      return Python.run("-c", "import sys; sys.exit(sys.version_info < (3, 11))").status() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
