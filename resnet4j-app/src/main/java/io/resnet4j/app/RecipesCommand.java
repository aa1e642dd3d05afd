package io.resnet4j.app;

import io.resnet4j.train.Recipe;
import io.resnet4j.train.Recipes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** {@code recipes}. */
@picocli.CommandLine.Command(
    description = "Lists the training recipes, and what --set key=value can change in one.")
final class RecipesCommand extends Command {
  @Option(names = "--json", description = "One JSON array.")
  private boolean json;

  @Override
  int run(Console console) {
    console.result(json ? Json.line(trees()) : table());
    return Main.OK;
  }

  private static List<Object> trees() {
    List<Object> all = new ArrayList<>();
    for (Recipe recipe : Recipes.all()) {
      Map<String, Object> tree = new LinkedHashMap<>();
      tree.put("name", recipe.name());
      tree.put("source", recipe.source());
      tree.put("length", recipe.length().toString());
      tree.put("batch", recipe.batch());
      tree.put("precision", recipe.precision().toString());
      tree.put("learningRate", recipe.learningRate());
      tree.put("weightDecay", recipe.weightDecay());
      tree.put("optimiser", Words.optimiser(recipe.optimiser()));
      tree.put("schedule", recipe.schedule());
      all.add(tree);
    }
    return all;
  }

  private static String table() {
    TextTable recipes = new TextTable("lrrrlrl");
    recipes.row("recipe", "length", "batch", "lr", "schedule", "weight decay", "source");
    for (Recipe recipe : Recipes.all()) {
      recipes.row(
          recipe.name(),
          recipe.length().toString(),
          Integer.toString(recipe.batch()),
          Double.toString(recipe.learningRate()),
          Words.schedule(recipe.schedule()),
          Double.toString(recipe.weightDecay()),
          recipe.source());
    }
    TextTable settings = new TextTable("ll");
    Recipes.settings().forEach((key, expected) -> settings.row("  " + key, expected));
    String end = System.lineSeparator();
    return recipes + end + end + "settings (--set key=value):" + end + settings;
  }
}
