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
    boolean broken = findings.stream().anyMatch(f -> f.state() == Finding.State.BROKEN);
    console.result(json ? line(findings, broken) : words(findings, broken));
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

  private static String words(List<Finding> findings, boolean broken) {
    TextTable table = new TextTable("lll");
    for (Finding finding : findings) {
      table.row(finding.state().toString(), finding.name(), finding.value());
      if (!finding.remedy().isEmpty()) {
        table.row("", "", "-> " + finding.remedy());
      }
    }
    return table
        + System.lineSeparator()
        + (broken ? "something is broken: see the lines marked 'broken'" : "all is well");
  }
}
