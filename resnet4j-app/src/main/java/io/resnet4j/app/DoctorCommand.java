package io.resnet4j.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** {@code doctor}. */
@picocli.CommandLine.Command(
    description =
        "Says what this machine can do, and what is wrong with a remedy each. Exit status 1 where"
            + " something is broken.")
final class DoctorCommand extends Command {
  @Option(names = "--json", description = "The findings as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    List<Finding> findings = new ArrayList<>();
    findings.addAll(MachineChecks.all());
    findings.addAll(EngineChecks.all());
    findings.addAll(DataChecks.all());
    boolean broken = count(findings, Finding.State.BROKEN) > 0;
    console.result(json ? line(findings, broken) : words(findings));
    return broken ? Main.FAILED : Main.OK;
  }

  private static String line(List<Finding> findings, boolean broken) {
    List<Object> all = new ArrayList<>();
    for (Finding finding : findings) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("name", finding.name());
      fields.put("value", finding.value());
      fields.put("state", finding.state().toString());
      if (!finding.remedy().isEmpty()) {
        fields.put("remedy", finding.remedy());
      }
      all.add(fields);
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("ok", !broken);
    fields.put("findings", all);
    return Json.line(fields);
  }

  private static long count(List<Finding> findings, Finding.State state) {
    return findings.stream().filter(finding -> finding.state() == state).count();
  }

  static String words(List<Finding> findings) {
    TextTable table = new TextTable("lll");
    for (Finding finding : findings) {
      table.row(finding.state().toString(), finding.name(), finding.value());
      if (!finding.remedy().isEmpty()) {
        table.row("", "", "-> " + finding.remedy());
      }
    }
    return table + System.lineSeparator() + summary(findings);
  }

  private static String summary(List<Finding> findings) {
    if (count(findings, Finding.State.BROKEN) > 0) {
      return "something is broken: see the lines marked 'broken'";
    }
    long notes = count(findings, Finding.State.NOTE);
    return notes == 0
        ? "all is well"
        : "well enough: " + notes + (notes == 1 ? " note" : " notes") + ", with a remedy each";
  }
}
