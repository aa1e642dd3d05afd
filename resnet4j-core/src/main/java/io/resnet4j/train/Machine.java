package io.resnet4j.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.resnet4j.Version;
import io.resnet4j.backend.Processor;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** What a run's numbers and bits depend on besides what it was given. */
final class Machine {
  private Machine() {}

  static ObjectNode versions() {
    ObjectNode versions = Json.MAPPER.createObjectNode();
    versions.put("resnet4j", Version.own());
    versions.put("java", Runtime.version().toString());
    versions.put("onednn", mavenVersion("org.bytedeco", "dnnl"));
    return versions;
  }

  static ObjectNode describe() {
    ObjectNode machine = Json.MAPPER.createObjectNode();
    machine.put("cpu", Processor.name());
    machine.put("processors", Runtime.getRuntime().availableProcessors());
    machine.put("threads", threads());
    machine.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return machine;
  }

  /** OpenMP reads the variable once, when it starts; without it, it takes every processor. */
  private static String threads() {
    String set = System.getenv("OMP_NUM_THREADS");
    return set == null ? "unset" : set;
  }

  private static String mavenVersion(String group, String artifact) {
    String resource = "/META-INF/maven/" + group + "/" + artifact + "/pom.properties";
    try (InputStream in = Machine.class.getResourceAsStream(resource)) {
      if (in == null) {
        return "absent";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
