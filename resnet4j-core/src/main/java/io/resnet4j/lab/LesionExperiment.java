package io.resnet4j.lab;

import io.resnet4j.data.DataSplits;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.random.KeyedRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Blocks taken out of trained networks and shuffled: Veit, Wilber and Belongie 2016. */
final class LesionExperiment implements Experiment {
  static final String SINGLE = "single";
  static final String SEVERAL = "several";
  static final String SHUFFLE = "shuffle";

  @Override
  public String name() {
    return "lesion";
  }

  @Override
  public String question() {
    return "What is lost with a block? The test error of a trained network after one block, or"
        + " several, are taken out, and after blocks have changed places; residual against plain.";
  }

  @Override
  public String source() {
    return "Veit, Wilber and Belongie 2016, arXiv:1605.06431, section 4, figures 3, 4 and 5";
  }

  @Override
  public Settings settings(boolean full) {
    return Settings.of(
        name(),
        "networks",
        full ? "resnet110,plain20" : "resnet56,plain20",
        GivenWeights.SETTING,
        "",
        "steps",
        full ? "64000" : "400",
        "recipe",
        Budget.recipe(full),
        "pictures",
        full ? "10000" : "1000",
        "draws",
        full ? "20" : "3");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("steps", 1);
    settings.integer("pictures", 2);
    settings.integer("draws", 1);
    List<String> networks = settings.names("networks");
    networks.forEach(name -> Surgery.operable(Models.named(name)));
    given(settings);
    return Cells.of("network", networks).by("lesion", List.of(SINGLE, SEVERAL, SHUFFLE)).list();
  }

  private static GivenWeights given(Settings settings) {
    return new GivenWeights(settings, settings.names("networks"));
  }

  @Override
  public void require(Settings settings, DataSplits data) {
    data.test();
    given(settings).require(network -> Networks.named(network, data));
  }

  private static Optional<Model> model(String network, Settings settings, Bench bench) {
    ModelSpec spec = Networks.named(network, bench.data());
    return given(settings)
        .model(network, spec)
        .or(() -> Budget.onAll(settings, bench).model(network, spec, bench.seed()));
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    Optional<Model> model = model((String) cell.get("network"), settings, bench);
    if (model.isEmpty()) {
      return List.of();
    }
    Surgery surgery = new Surgery(model.get());
    KeyedRandom random =
        KeyedRandom.of(bench.seed(), "lab/lesion/" + cell.get("network") + cell.get("lesion"));
    int draws = settings.integer("draws", 1);
    try (Examiner patient =
        new Examiner(
            model.get().spec(),
            bench.data().test(),
            settings.integer("pictures", 2),
            bench.seenBy(model.get()).normalisation())) {
      List<Map<String, Object>> rows = new ArrayList<>();
      Map<String, Object> whole = row(0, "nothing", patient.error(model.get().state()));
      whole.put("chance", 1 - 1.0 / model.get().spec().classes());
      rows.add(whole);
      switch ((String) cell.get("lesion")) {
        case SINGLE -> {
          for (String block : surgery.removable()) {
            rows.add(row(1, block, patient.error(surgery.without(List.of(block)))));
          }
        }
        case SEVERAL -> {
          List<String> removable = surgery.removable();
          for (int count = 1;
              count <= removable.size();
              count += Math.max(1, removable.size() / 9)) {
            for (int draw = 0; draw < draws; draw++) {
              List<String> some = draw(removable, count, random.child(100L * count + draw));
              rows.add(row(count, String.join(" ", some), patient.error(surgery.without(some))));
            }
          }
        }
        default -> {
          whole.put("kendall", 1.0);
          int most = surgery.movable().isEmpty() ? 0 : 2 * surgery.blocks().size();
          for (int swaps = 1; swaps <= most; swaps *= 2) {
            for (int draw = 0; draw < draws; draw++) {
              int[] order = shuffled(surgery, swaps, random.child(100L * swaps + draw));
              Map<String, Object> row =
                  row(swaps, "swaps", patient.error(surgery.reordered(order)));
              row.put("kendall", Surgery.kendall(order));
              rows.add(row);
            }
          }
        }
      }
      return rows;
    }
  }

  private static Map<String, Object> row(int count, String what, double error) {
    return Rows.row("count", count, "what", what, "error", error);
  }

  private static List<String> draw(List<String> from, int count, KeyedRandom random) {
    return Arrays.stream(random.permutation(from.size()))
        .limit(count)
        .sorted()
        .mapToObj(from::get)
        .toList();
  }

  /** So many swaps of two blocks of the same stage, of those that are {@link Surgery#movable}. */
  private static int[] shuffled(Surgery surgery, int swaps, KeyedRandom random) {
    List<String> blocks = surgery.blocks();
    int[] order = IntStream.range(0, blocks.size()).toArray();
    int[] movable = surgery.movable().stream().mapToInt(blocks::indexOf).toArray();
    for (int done = 0; done < swaps; ) {
      int a = movable[random.nextInt(movable.length)];
      int b = movable[random.nextInt(movable.length)];
      if (a != b && Surgery.stage(blocks.get(a)).equals(Surgery.stage(blocks.get(b)))) {
        int swap = order[a];
        order[a] = order[b];
        order[b] = swap;
        done++;
      }
    }
    return order;
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    return new LesionFindings(settings, rows).findings();
  }
}
