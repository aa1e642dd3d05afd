package io.resnet4j.app;

import io.resnet4j.backend.ControlGroups;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Java, processor, threads and memory. */
final class MachineChecks {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final Path MEMORY_INFO = Path.of("/proc/meminfo");
  private static final long SMALL_MEMORY = 2L << 30;

  /** What convolutions gain from, oldest first. */
  private static final List<String> FEATURES =
      List.of(
          "avx2",
          "avx512f",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_tile",
          "amx_bf16",
          "amx_int8",
          "asimd",
          "bf16",
          "sve");

  private MachineChecks() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    findings.add(Finding.ok("version", Main.version()));
    findings.add(
        Finding.ok(
            "java", Runtime.version() + " (" + System.getProperty("java.vendor", "unknown") + ")"));
    findings.add(
        Finding.ok("system", System.getProperty("os.name") + " " + System.getProperty("os.arch")));
    Machine.entry(CPU_INFO, "model name")
        .ifPresent(model -> findings.add(Finding.ok("processor", model)));
    features().ifPresent(found -> findings.add(Finding.ok("features", found)));
    findings.add(threads(System.getenv("OMP_NUM_THREADS")));
    ControlGroups groups = ControlGroups.own();
    groups.processors().map(MachineChecks::quota).ifPresent(findings::add);
    memory().ifPresent(findings::add);
    groups
        .memory()
        .map(bytes -> Finding.ok("container", "at most " + Text.mebibytes(bytes) + " memory"))
        .ifPresent(findings::add);
    findings.add(
        Finding.ok("java heap", "at most " + Text.mebibytes(Runtime.getRuntime().maxMemory())));
    findings.add(javacpp());
    return findings;
  }

  private static Optional<String> features() {
    return Machine.entry(CPU_INFO, "flags")
        .or(() -> Machine.entry(CPU_INFO, "Features"))
        .map(
            flags -> {
              Set<String> has = Set.copyOf(Arrays.asList(flags.split("\\s+")));
              return String.join(" ", FEATURES.stream().filter(has::contains).toList());
            });
  }

  static Finding threads(@Nullable String variable) {
    int processors = Runtime.getRuntime().availableProcessors();
    int threads = Threads.count(variable);
    String value =
        threads
            + " compute, "
            + processors
            + " processors available, OMP_NUM_THREADS "
            + (variable == null ? "not set" : variable);
    if (threads > processors) {
      return Finding.note(
          "threads",
          value,
          "threads beyond the processors wait in a spin: use --threads " + processors);
    }
    if (variable == null) {
      return Finding.note(
          "threads",
          value,
          "start through ./resnet4j, which sets it to the number of physical cores");
    }
    return Finding.ok("threads", value);
  }

  private static Finding quota(double processors) {
    String value = String.format(Locale.ROOT, "%.1f processors", processors);
    return Threads.count() > Math.max(1, processors)
        ? Finding.note(
            "container",
            value,
            "more threads than that wait in a spin: use --threads " + Math.max(1, (int) processors))
        : Finding.ok("container", value);
  }

  private static Optional<Finding> memory() {
    Optional<Long> total = kibibytes("MemTotal");
    Optional<Long> available = kibibytes("MemAvailable");
    if (total.isEmpty() || available.isEmpty()) {
      return Optional.empty();
    }
    String value = Text.mebibytes(available.get()) + " available of " + Text.mebibytes(total.get());
    return Optional.of(
        available.get() < SMALL_MEMORY
            ? Finding.note("memory", value, "large networks need more: use small batches and bf16")
            : Finding.ok("memory", value));
  }

  private static Optional<Long> kibibytes(String key) {
    return Machine.entry(MEMORY_INFO, key + ":")
        .map(text -> Long.parseLong(text.replaceAll("\\D", "")) * 1024);
  }

  /** JavaCPP refuses native memory beyond the Java heap's limit unless told otherwise. */
  private static Finding javacpp() {
    String limit = System.getProperty("org.bytedeco.javacpp.maxBytes");
    return "0".equals(limit)
        ? Finding.ok("native memory", "not limited by JavaCPP")
        : Finding.note(
            "native memory",
            "limited by JavaCPP",
            "start through ./resnet4j, or with -Dorg.bytedeco.javacpp.maxBytes=0"
                + " -Dorg.bytedeco.javacpp.maxPhysicalBytes=0");
  }
}
