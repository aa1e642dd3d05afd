package io.resnet4j.app;

import io.resnet4j.model.ModelInfo;
import io.resnet4j.model.Models;
import java.util.List;
import picocli.CommandLine.Option;

/** {@code models}. */
@picocli.CommandLine.Command(
    description =
        "Lists every network: parameters, multiply-adds a picture, default picture and"
            + " classes, source.")
final class ModelsCommand extends Command {
  @Option(names = "--json", description = "One JSON array.")
  private boolean json;

  @Override
  int run(Console console) {
    List<ModelInfo> all = Models.all();
    if (json) {
      console.result(Json.line(all));
      return Main.OK;
    }
    TextTable table = new TextTable("lrrlrl");
    table.row("name", "parameters", "macs", "input", "classes", "source");
    for (ModelInfo model : all) {
      table.row(
          model.name(),
          Text.count(model.parameters()),
          Text.large(model.macs()),
          model.input(),
          Integer.toString(model.classes()),
          model.source());
    }
    console.result(table.toString());
    return Main.OK;
  }
}
