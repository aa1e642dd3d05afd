package io.resnet4j.backend.onednn;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.dnnl.global.dnnl;

/** What oneDNN's names for instruction sets mean; those of x86 only. */
final class InstructionSet {
  private static final Map<Integer, String> NAMES = new LinkedHashMap<>();

  static {
    NAMES.put(dnnl.dnnl_cpu_isa_sse41, "SSE4.1");
    NAMES.put(dnnl.dnnl_cpu_isa_avx, "AVX");
    NAMES.put(dnnl.dnnl_cpu_isa_avx2, "AVX2");
    NAMES.put(dnnl.dnnl_cpu_isa_avx2_vnni, "AVX2 with VNNI");
    NAMES.put(dnnl.dnnl_cpu_isa_avx2_vnni_2, "AVX2 with VNNI 2");
    NAMES.put(dnnl.dnnl_cpu_isa_avx512_core, "AVX-512");
    NAMES.put(dnnl.dnnl_cpu_isa_avx512_core_vnni, "AVX-512 with VNNI");
    NAMES.put(dnnl.dnnl_cpu_isa_avx512_core_bf16, "AVX-512 with BF16");
    NAMES.put(dnnl.dnnl_cpu_isa_avx512_core_fp16, "AVX-512 with FP16");
    NAMES.put(dnnl.dnnl_cpu_isa_avx512_core_amx, "AVX-512 with AMX");
    NAMES.put(dnnl.dnnl_cpu_isa_avx512_core_amx_fp16, "AVX-512 with AMX and FP16");
  }

  private InstructionSet() {}

  /** Words for an effective instruction set. */
  static String name(int isa) {
    return NAMES.getOrDefault(isa, "number 0x" + Integer.toHexString(isa) + " of oneDNN's list");
  }
}
