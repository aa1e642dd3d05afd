package io.resnet4j.lab;

import io.resnet4j.graph.Activation;
import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.BranchScale;
import io.resnet4j.nn.Join;
import io.resnet4j.nn.Norm;
import io.resnet4j.nn.Order;
import io.resnet4j.nn.Shortcut;
import io.resnet4j.plan.Precision;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How the variance of signals grows in residual stacks at the start, and what tames it. */
final class ExplosionExperiment implements Experiment {
  private static final String RELU = "plain-relu";
  private static final String SIGMOID = "plain-sigmoid";
  private static final String TANH = "plain-tanh";
  private static final List<String> DESIGNS =
      List.of("none", "scaled", "batch", "zero", "skipinit", "fixup", "nf", RELU, SIGMOID, TANH);
  private static final String UNTAMED = "none";

  @Override
  public String name() {
    return "explosion";
  }

  @Override
  public String question() {
    return "Does a shortcut also keep signals from growing? The variance behind every block of"
        + " residual stacks without a norm, before the first update, and what tames it; and how"
        + " far the textbook's halving of the gradient by every layer of a plain network holds.";
  }

  @Override
  public String source() {
    return "De and Smith 2020, arXiv:2002.10444, section 2; Zhang, Dauphin and Ma 2019,"
        + " arXiv:1901.09321, section 2";
  }

  @Override
  public Settings settings(boolean full) {
    return Settings.of(
        name(),
        "depths",
        full ? "20,56,110,218" : "20,56",
        "designs",
        String.join(",", DESIGNS),
        "pictures",
        full ? "64" : "8",
        "seeds",
        full ? "20" : "3");
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    settings.integer("pictures", 2);
    settings.integer("seeds", 1);
    return Cells.of("depth", Networks.depths(settings, "depths"))
        .by("design", settings.oneOf("designs", DESIGNS))
        .list();
  }

  private static ResNetSpec spec(String design, int depth, Bench bench) {
    String kind = design.startsWith("plain") ? Networks.PLAIN : Networks.PREACTIVATED;
    ResNetSpec spec = Networks.of(kind, depth, bench.data());
    int blocks = spec.blocks().stream().mapToInt(Integer::intValue).sum();
    Norm none = Norm.of(Norm.Kind.NONE);
    return spec.withBlock(
        b -> {
          switch (design) {
            case "batch" -> b.norm(Norm.BATCH);
            case "zero" -> b.norm(none).scale(BranchScale.ZERO);
            case "skipinit" -> b.norm(none).scale(BranchScale.LEARNED);
            case "scaled" -> b.norm(none).join(new Join.Sum(1, 1 / Math.sqrt(blocks)));
            case "fixup" -> b.order(Order.ORIGINAL).norm(Norm.of(Norm.Kind.FIXUP));
            case "nf" ->
                b.norm(Norm.of(Norm.Kind.STANDARDISED_WEIGHTS))
                    .shortcut(Shortcut.POOLED_PROJECTION);
            case RELU -> b.norm(none);
            case SIGMOID -> b.norm(none).activation(Activation.SIGMOID);
            case TANH -> b.norm(none).activation(Activation.TANH);
            default -> b.norm(none);
          }
        });
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    String design = (String) cell.get("design");
    // Xavier is the textbook's choice for sigmoid and tanh, He that for ReLU.
    boolean relu = !design.equals(SIGMOID) && !design.equals(TANH);
    ResNetSpec spec = spec(design, (int) cell.get("depth"), bench);
    Pictures pictures = bench.pictures(settings.integer("pictures", 2));
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int seed = 0; seed < settings.integer("seeds", 1); seed++) {
      Reading reading =
          Look.at(
              spec.initialise(Networks.initialisation(relu ? "he" : "xavier"), bench.seed() + seed),
              Precision.F32,
              pictures,
              EnumSet.of(Probe.GRADIENTS, Probe.SIGNALS),
              bench.seed());
      int block = 0;
      for (Reading.BlockReading each : reading.blocks()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("seed", seed);
        row.put("block", ++block);
        row.put("path", each.path());
        row.put("variance", each.deviation() * each.deviation());
        row.put("ratio", each.ratio());
        row.put("entering", each.entering());
        rows.add(row);
      }
    }
    return rows;
  }

  /**
   * The geometric mean over blocks that keep the shape of what each multiplies the variance by; not
   * a number where there is no such block.
   */
  private static double growth(List<Row> cell) {
    double sum = 0;
    int count = 0;
    for (int i = 1; i < cell.size(); i++) {
      if (!cell.get(i).text("path").endsWith(".0")) {
        sum += Math.log(cell.get(i).number("variance") / cell.get(i - 1).number("variance"));
        count++;
      }
    }
    return Math.exp(sum / count);
  }

  /** The geometric mean of what a layer multiplies the gradient by, on its way back. */
  private static double factor(List<Row> cell) {
    double sum = 0;
    List<String> seeds = Row.distinct(cell, "seed");
    for (String seed : seeds) {
      List<Row> own = Row.where(cell, "seed", seed);
      double first = own.get(0).number("entering");
      double last = own.get(own.size() - 1).number("entering");
      sum += Math.log(first / last) / (2.0 * (own.size() - 1));
    }
    return Math.exp(sum / seeds.size());
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    List<Claim> claims = new ArrayList<>();
    List<Chart> charts = new ArrayList<>();
    for (String depth : Row.distinct(rows, "depth")) {
      List<Row> own = Row.where(rows, "depth", depth);
      List<Row> untamed = Row.where(own, "design", UNTAMED);
      if (!untamed.isEmpty() && Double.isFinite(growth(untamed))) {
        double growth = growth(untamed);
        claims.add(
            Claim.of(
                "De and Smith 2020, section 2",
                "without a norm every residual block doubles the variance: 2^L after L blocks",
                "depth "
                    + depth
                    + ": a block multiplies it by "
                    + Numbers.text(growth)
                    + " at the geometric mean",
                growth > 1.6 && growth < 2.5));
        tamed(claims, own, depth, growth);
      }
      textbook(claims, own, depth);
      charts.add(
          chart("Variance behind each block: depth " + depth, "log2 variance", own, "variance"));
      charts.add(
          chart("Gradient entering each block: depth " + depth, "log2 |dL/dx|", own, "entering"));
    }
    return new Findings(
        claims,
        charts,
        List.of(
            "A shortcut keeps gradients from vanishing; it does nothing against growth, which"
                + " it causes. What tames it takes the branch back: a norm inside the branch"
                + " makes every branch add the same variance, so that the sum grows with the"
                + " number of blocks and not with its power; a branch that starts at zero adds"
                + " nothing; branches divided by the root of their number add a constant in"
                + " all."));
  }

  private static void textbook(List<Claim> claims, List<Row> own, String depth) {
    List<String> parts = new ArrayList<>();
    boolean halved = false;
    for (String design : List.of(SIGMOID, TANH, RELU)) {
      List<Row> cell = Row.where(own, "design", design);
      if (!cell.isEmpty()) {
        double factor = factor(cell);
        // Single precision holds nothing below 1e-45.
        parts.add(design + " " + (factor == 0 ? "(underflow in f32)" : Numbers.text(factor)));
        halved |= factor > 0.45 && factor < 0.55;
      }
    }
    if (!parts.isEmpty()) {
      claims.add(
          Claim.of(
              "the textbook's chain of factors",
              "if every layer of a plain network halves the gradient, L layers leave 2^-L of it",
              "depth "
                  + depth
                  + ": a layer multiplies it by "
                  + String.join(", ", parts)
                  + "; what a layer takes depends on its non-linearity and its weights, and none of"
                  + " these is bound to be a half",
              halved));
    }
  }

  private static void tamed(List<Claim> claims, List<Row> own, String depth, double untamed) {
    List<String> parts = new ArrayList<>();
    boolean all = true;
    for (String design : Row.distinct(own, "design")) {
      if (!design.startsWith("plain") && !design.equals(UNTAMED)) {
        double growth = growth(Row.where(own, "design", design));
        parts.add(design + " " + Numbers.text(growth));
        all &= growth < 0.8 * untamed;
      }
    }
    if (!parts.isEmpty()) {
      claims.add(
          Claim.of(
              "De and Smith 2020; Zhang, Dauphin and Ma 2019",
              "norms inside the branch, branches that start at zero and scaled branches tame it",
              "depth " + depth + ": a block multiplies the variance by " + String.join(", ", parts),
              all));
    }
  }

  private static Chart chart(String title, String y, List<Row> own, String column) {
    List<Chart.Series> series = new ArrayList<>();
    for (String design : Row.distinct(own, "design")) {
      series.add(
          Chart.Series.of(
              design,
              Row.where(own, "design", design, "seed", 0),
              "block",
              row -> Math.log(row.number(column)) / Math.log(2)));
    }
    return Chart.lines(title, "block", y, series);
  }
}
