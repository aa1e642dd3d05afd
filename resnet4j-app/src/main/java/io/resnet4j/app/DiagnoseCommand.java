package io.resnet4j.app;

import io.resnet4j.lab.RunDiagnosis;
import io.resnet4j.lab.Symptom;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code diagnose RUN}. */
@picocli.CommandLine.Command(
    description =
        "Says in plain sentences what a training run suffers from, with the numbers and the rule"
            + " behind each; 'train --probe all' lets it look inside the network.")
final class DiagnoseCommand extends Command {
  @Parameters(paramLabel = "RUN", description = "A run folder.")
  private Path run = Path.of("");

  @Option(names = "--json", description = "The symptoms as one line of JSON.")
  private boolean json;

  @Override
  int run(Console console) {
    List<Symptom> symptoms = RunDiagnosis.of(run);
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("run", run.toString());
      fields.put("healthy", symptoms.stream().noneMatch(Symptom::alarming));
      fields.put("symptoms", symptoms);
      console.result(Json.line(fields));
      return Main.OK;
    }
    for (Symptom symptom : symptoms) {
      console.result(
          (symptom.alarming() ? "! " : "  ") + symptom.about() + ": " + symptom.sentence());
      console.result("    rule: " + symptom.rule());
    }
    return Main.OK;
  }
}
