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

  /**
   * Whether this processor multiplies bytes in pairs whose sum must fit 16 bits, having no VNNI.
   * oneDNN's number of an instruction set has a bit for each part that it is made of.
   */
  static boolean addsInSixteenBits() {
    int isa = dnnl.dnnl_get_effective_cpu_isa();
    int either =
        (dnnl.dnnl_cpu_isa_avx512_core_vnni & ~dnnl.dnnl_cpu_isa_avx512_core)
            | (dnnl.dnnl_cpu_isa_avx2_vnni & ~dnnl.dnnl_cpu_isa_avx2);
    return x86() && (isa & either) == 0;
  }

  static boolean x86() {
    return System.getProperty("os.arch").matches("amd64|x86_64");
  }

  /** Words for an effective instruction set. */
  static String name(int isa) {
    return NAMES.getOrDefault(isa, "number 0x" + Integer.toHexString(isa) + " of oneDNN's list");
  }
}
