package io.resnet4j.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core;
import static org.bytedeco.dnnl.global.dnnl.dnnl_cpu_isa_avx512_core_bf16;
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
    return lacks(dnnl_cpu_isa_avx512_core)
        ? EnumSet.of(Precision.F32, Precision.INT8)
        : EnumSet.of(Precision.F32, Precision.BF16, Precision.INT8);
  }

  /** AVX-512 alone can compute in bf16 by widening to f32 and rounding back. */
  @Override
  public Set<Precision> emulated() {
    return precisions().contains(Precision.BF16) && lacks(dnnl_cpu_isa_avx512_core_bf16)
        ? EnumSet.of(Precision.BF16)
        : Set.of();
  }

  /** Whether this is an x86 whose instructions, as far as oneDNN may use them, lack some set. */
  private static boolean lacks(int instructions) {
    try {
      return InstructionSet.x86() && (dnnl_get_effective_cpu_isa() & instructions) != instructions;
    } catch (LinkageError e) {
      throw notLoaded(e);
    }
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
      return new OneDnnSession(precisions(), choices, new Holdings(Memory::new));
    } catch (LinkageError e) {
      throw notLoaded(e);
    }
  }

  private static IllegalStateException notLoaded(LinkageError e) {
    return new IllegalStateException(
        "oneDNN: its native library did not load ("
            + e.getMessage()
            + "); put the jars of org.bytedeco:dnnl and javacpp for this platform on the class path",
        e);
  }
}
