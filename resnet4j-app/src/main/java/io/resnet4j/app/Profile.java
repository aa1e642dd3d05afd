package io.resnet4j.app;

import io.resnet4j.backend.PlanStep;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The steps of a plan, and where the time of a run goes if it was measured. */
final class Profile {
  private final List<Row> rows;

  private Profile(List<Row> rows) {
    this.rows = rows;
  }

  /**
   * A step or several of a kind.
   *
   * @param what the step, or the kind
   * @param steps how many
   * @param seconds of a run; 0 if not measured
   */
  private record Row(PlanStep what, int steps, double seconds) {
    double flops() {
      return 2.0 * what.multiplyAdds();
    }

    Row kind() {
      return new Row(
          new PlanStep("", what.operation(), "", what.bytes(), what.multiplyAdds()), 1, seconds);
    }

    Row with(Row other) {
      PlanStep both =
          new PlanStep(
              "",
              what.operation(),
              "",
              what.bytes() + other.what.bytes(),
              what.multiplyAdds() + other.what.multiplyAdds());
      return new Row(both, steps + other.steps, seconds + other.seconds);
    }
  }

  /** Steps that were not timed. */
  static Profile of(List<PlanStep> steps) {
    return new Profile(steps.stream().map(step -> new Row(step, 1, 0)).toList());
  }

  /** Steps with the seconds that each takes. */
  static Profile of(List<PlanStep> steps, double[] seconds) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < seconds.length; i++) {
      rows.add(new Row(steps.get(i), 1, seconds[i]));
    }
    return new Profile(rows);
  }

  /** The steps in the order in which they run. */
  String plan() {
    TextTable table = new TextTable("lllrr");
    table.row("step", "operation", "implementation", "MB", "multiply-adds");
    for (Row row : rows) {
      table.row(
          row.what.path(),
          row.what.operation(),
          row.what.implementation(),
          megabytes(row),
          row.what.multiplyAdds() == 0 ? "" : Text.large(row.what.multiplyAdds()));
    }
    return table.toString();
  }

  /**
   * Where the time goes: all steps by kind, then the slowest ones.
   *
   * @param most of the single steps
   * @param peak floating-point operations a second that the machine can do
   */
  String words(int most, double peak) {
    Map<String, Row> kinds = new TreeMap<>();
    rows.forEach(row -> kinds.merge(row.what.operation(), row.kind(), Row::with));
    double total = rows.stream().mapToDouble(Row::seconds).sum();
    TextTable table = new TextTable("llrrrrrrr");
    table.row(
        "step", "operation", "steps", "ms", "share", "GFLOP/s", "of peak", "MB moved", "GB/s");
    sorted(kinds.values()).forEach(row -> add(table, row, total, peak));
    table.row(new String[] {"", "", "", "", "", "", "", "", ""});
    sorted(rows).limit(most).forEach(row -> add(table, row, total, peak));
    return table.toString();
  }

  private static Stream<Row> sorted(Collection<Row> rows) {
    return rows.stream().sorted(Comparator.comparingDouble(Row::seconds).reversed());
  }

  private static void add(TextTable table, Row row, double total, double peak) {
    double rate = row.flops() / row.seconds;
    String how = row.what.implementation().isEmpty() ? "" : " " + row.what.implementation();
    table.row(
        row.what.path(),
        row.what.operation() + how,
        Integer.toString(row.steps),
        String.format(Locale.ROOT, "%.3f", 1e3 * row.seconds),
        Text.percent(row.seconds / total),
        row.flops() == 0 ? "" : String.format(Locale.ROOT, "%.1f", rate * 1e-9),
        row.flops() == 0 ? "" : Text.percent(rate / peak),
        megabytes(row),
        String.format(Locale.ROOT, "%.1f", row.what.bytes() / row.seconds * 1e-9));
  }

  private static String megabytes(Row row) {
    return String.format(Locale.ROOT, "%.2f", row.what.bytes() * 1e-6);
  }

  /** A tree for JSON: every step in its order. */
  List<Map<String, Object>> tree() {
    List<Map<String, Object>> tree = new ArrayList<>();
    for (Row row : rows) {
      Map<String, Object> step = new LinkedHashMap<>();
      step.put("path", row.what.path());
      step.put("operation", row.what.operation());
      step.put("implementation", row.what.implementation());
      step.put("bytes", row.what.bytes());
      step.put("macs", row.what.multiplyAdds());
      if (row.seconds > 0) {
        step.put("seconds", row.seconds);
      }
      tree.add(step);
    }
    return tree;
  }
}
