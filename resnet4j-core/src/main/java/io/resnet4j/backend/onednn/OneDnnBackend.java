package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core;
import static org.bytedeco.dnnl.global.dnnl.dnnl_get_effective_cpu_isa;

import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Session;
import io.resnet4j.plan.Precision;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;

/** Plans on oneDNN: the backend for real work on CPUs. */
public final class OneDnnBackend implements Backend {
  /** For the service loader. */
  public OneDnnBackend() {}

  @Override
  public String name() {
    return "onednn";
  }

  @Override
  public Set<Precision> precisions() {
    boolean wide =
        (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
    return InstructionSet.x86() && !wide
        ? EnumSet.of(Precision.F32, Precision.INT8)
        : EnumSet.of(Precision.F32, Precision.BF16, Precision.INT8);
  }

  @Override
  public Map<String, String> describe() {
    dnnl_version_t version = dnnl.dnnl_version();
    Map<String, String> told = new LinkedHashMap<>();
    told.put("oneDNN", version.major() + "." + version.minor() + "." + version.patch());
    told.put("instruction set", InstructionSet.name(dnnl.dnnl_get_effective_cpu_isa()));
    return told;
  }

  @Override
  public Session open(Choices choices) {
    try {
      return new OneDnnSession(precisions(), choices);
    } catch (LinkageError e) {
      throw new IllegalStateException(
          "oneDNN: its native library did not load ("
              + e.getMessage()
              + "); put the jars of org.bytedeco:dnnl and javacpp for this platform on the class"
              + " path",
          e);
    }
  }
}
