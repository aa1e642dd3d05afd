package io.resnet4j.lab;

import io.resnet4j.data.DataSplits;
import io.resnet4j.lab.Findings.Claim;
import io.resnet4j.model.Models;
import io.resnet4j.model.ResNetSpec;
import io.resnet4j.nn.Join;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A table of errors of a paper measured again, and the order of its rows judged. */
final class TableExperiment implements Experiment {
  private static final String VARIANT = "variant";
  private static final String DESIGN = "design";
  private static final String HALF = "constant-0.5";
  private static final String HALVES = "constant-0.5-0.5";
  private static final String GATE = "exclusive-gate";
  private static final String PAPER = "He et al. 2016, arXiv:1603.05027, ";
  private static final String BIAS = "bias";
  private static final String PAPERS_BIAS = "-6";

  /** The best of -1, -2 and -3 after 500 steps; the paper searched its own among 0 to -10. */
  private static final String SHORT_BIAS = "-2";

  /** Blocks of 56 layers of the basic design, from which on what a shortcut does shows. */
  private static final int DEEP = 27;

  /** The paper's "fail": an error above 20 %. */
  private static final double FAIL = 20;

  /**
   * A row of the table.
   *
   * @param variant its name here
   * @param network that has its design
   * @param error of the paper's network on CIFAR-10 in per cent, the median of five runs
   */
  private record Entry(String variant, String network, double error) {
    String words() {
      return error >= FAIL ? "fails (over 20 %)" : String.format(Locale.ROOT, "%.2f %%", error);
    }
  }

  /**
   * A column of the table.
   *
   * @param design of the blocks
   * @param where it stands in the paper
   * @param depth of the small setting's networks
   * @param papers depth
   * @param margin in points, by which errors must differ for their order to be judged
   * @param entries the original first
   */
  private record Column(
      String design,
      String where,
      String depth,
      String papers,
      String margin,
      List<Entry> entries) {
    String depth(boolean full) {
      return full ? papers : depth;
    }

    List<String> variants() {
      return entries.stream().map(Entry::variant).toList();
    }

    Entry entry(String variant) {
      return entries.get(variants().indexOf(variant));
    }

    /** Blocks of each stage, as the depth of the settings has them. */
    int blocks(Settings settings) {
      return Networks.blocks(
          settings.integer("depth", 8), Models.resnet(entries.get(0).network()).block().kind());
    }
  }

  /**
   * The small setting.
   *
   * @param side of the pictures
   * @param pictures to train on
   * @param steps of each training
   */
  private record Small(String side, String pictures, String steps) {}

  private final String name;
  private final String question;
  private final String source;
  private final Small small;
  private final List<Column> columns;

  private TableExperiment(
      String name, String question, String source, Small small, List<Column> columns) {
    this.name = name;
    this.question = question;
    this.source = source;
    this.small = small;
    this.columns = columns;
  }

  /** Table 1: what may stand on the shortcut. */
  static TableExperiment shortcuts() {
    List<Entry> entries =
        List.of(
            new Entry("original", "resnet20", 6.61),
            new Entry("constant-0", "resnet20-constant-0", FAIL),
            new Entry(HALF, "resnet20-constant-0.5", FAIL),
            new Entry(HALVES, "resnet20-constant-0.5-0.5", 12.35),
            new Entry(GATE, "resnet20-exclusive-gate", 8.70),
            new Entry("shortcut-gate-0", "resnet20-shortcut-gate-0", 12.86),
            new Entry("shortcut-gate", "resnet20-shortcut-gate", 6.91),
            new Entry("conv1x1", "resnet20-conv1x1", 12.22),
            new Entry("dropout-shortcut", "resnet20-dropout-shortcut", FAIL));
    return new TableExperiment(
        "shortcuts",
        "What may stand on the shortcut? Networks whose shortcuts are scaled, gated, convolved or"
            + " dropped, against the identity.",
        "table 1: ResNet-110 on CIFAR-10",
        new Small("16", "50000", "500"),
        // What is on a shortcut tells where it is multiplied along many of them.
        List.of(new Column("basic", "table 1", "56", "110", "2", entries)));
  }

  /** Table 2: where norm and activation stand. */
  static TableExperiment orderings() {
    return new TableExperiment(
        "orderings",
        "Where should norm and activation stand? The five orders of a block's parts around its"
            + " convolutions and its addition, in basic blocks or in bottlenecks.",
        "table 2: ResNet-110 and, of bottlenecks, ResNet-164 on CIFAR-10",
        new Small("32", "10000", "150"),
        List.of(
            // Of 110 layers no two rows differ by two points; of 164 only the extremes by one.
            new Column(
                "basic",
                "table 2, ResNet-110",
                "14",
                "110",
                "1",
                orders("resnet20", 6.61, 8.17, 7.84, 6.71, 6.37)),
            new Column(
                "bottleneck",
                "table 2, ResNet-164",
                "20",
                "164",
                "0.4",
                orders("resnet164", 5.93, 6.50, 6.14, 5.91, 5.46))));
  }

  /** The rows of table 2, in its order. */
  private static List<Entry> orders(String network, double... errors) {
    return List.of(
        new Entry("original", network, errors[0]),
        new Entry("bn-after-add", network + "-bn-after-add", errors[1]),
        new Entry("relu-before-add", network + "-relu-before-add", errors[2]),
        new Entry("relu-only-preact", network + "-relu-only-preact", errors[3]),
        new Entry("preactivation", "pre" + network, errors[4]));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String question() {
    return question;
  }

  @Override
  public String source() {
    return PAPER + source;
  }

  @Override
  public Settings settings(boolean full) {
    Column first = columns.get(0);
    List<String> own = new ArrayList<>();
    if (columns.size() > 1) {
      own.addAll(List.of(DESIGN, first.design()));
    }
    own.addAll(
        List.of(
            "depth",
            first.depth(full),
            "side",
            full ? "32" : small.side(),
            "variants",
            String.join(",", first.variants()),
            "margin",
            first.margin()));
    if (first.variants().contains(GATE)) {
      own.addAll(List.of(BIAS, full ? PAPERS_BIAS : SHORT_BIAS));
    }
    Settings settings =
        Arm.settings(
            name,
            full ? "0,1,2,3,4" : "0",
            full ? "50000" : small.pictures(),
            full ? "64000" : small.steps(),
            full ? "cifar10-he2016" : ShortTraining.USUAL,
            own.toArray(String[]::new));
    for (Column column : columns) {
      settings =
          settings.implying(
              DESIGN + "=" + column.design(),
              "depth",
              column.depth(full),
              "margin",
              column.margin());
    }
    return settings;
  }

  private Column column(Settings settings) {
    if (!settings.has(DESIGN)) {
      return columns.get(0);
    }
    List<String> designs = columns.stream().map(Column::design).toList();
    settings.requireOne(DESIGN, settings.text(DESIGN), designs);
    return columns.get(designs.indexOf(settings.text(DESIGN)));
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    Column column = column(settings);
    column.blocks(settings);
    settings.number("margin");
    settings.integer("side", 8);
    if (settings.has(BIAS)) {
      settings.real(BIAS);
    }
    return Arm.cells(settings, VARIANT, settings.oneOf("variants", column.variants()));
  }

  @Override
  public void require(Settings settings, DataSplits data) {
    data.test();
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    String variant = (String) cell.get(VARIANT);
    Column column = column(settings);
    ResNetSpec spec =
        Models.resnet(column.entry(variant).network())
            .withBlocks(Collections.nCopies(3, column.blocks(settings)));
    if (variant.equals(GATE)) {
      spec = spec.withBlock(b -> b.join(new Join.ExclusiveGate(settings.real(BIAS))));
    }
    Bench limited = Arm.bench(settings, bench).atMost(settings.integer("side", 8));
    return Arm.of(variant, Networks.fitted(spec, limited.data()))
        .measure(settings, limited, (int) cell.get("seed"));
  }

  /** Whether the paper's errors are further apart than the margin, and {@code a}'s the smaller. */
  private static boolean apart(Entry a, Entry b, double margin) {
    return a.error() + margin < b.error();
  }

  @Override
  public Findings findings(Settings settings, List<Row> rows) {
    Column column = column(settings);
    double wide = settings.number("margin");
    Map<Entry, Double> medians = new LinkedHashMap<>();
    for (String variant : Row.distinct(rows, VARIANT)) {
      medians.put(
          column.entry(variant), Stats.median(Arm.last(rows, VARIANT, variant, "test_error")));
    }
    List<String> otherwise = new ArrayList<>();
    int pairs = 0;
    for (Entry a : medians.keySet()) {
      for (Entry b : medians.keySet()) {
        if (apart(a, b, wide)) {
          pairs++;
          if (medians.get(a) >= medians.get(b)) {
            otherwise.add(a.variant() + " before " + b.variant());
          }
        }
      }
    }
    List<Claim> claims = new ArrayList<>();
    if (pairs > 0) {
      claims.add(
          Claim.of(
              PAPER + column.where(),
              "the variants that differ by more than "
                  + settings.text("margin")
                  + " points come in the order of the table",
              String.format(
                  Locale.ROOT,
                  "%d of %d pairs do (Kendall's tau %.2f)%s",
                  pairs - otherwise.size(),
                  pairs,
                  1 - 2.0 * otherwise.size() / pairs,
                  otherwise.isEmpty() ? "" : "; not so: " + String.join(", ", otherwise)),
              otherwise.isEmpty()));
    }
    Entry original = column.entries().get(0);
    medians
        .keySet()
        .forEach(
            entry -> {
              if (medians.containsKey(original)
                  && Math.abs(entry.error() - original.error()) > wide) {
                claims.add(claim(column, entry, rows));
              }
            });
    return Arm.findings(
        rows,
        VARIANT,
        claims,
        List.of(beside(medians), Arm.curves(rows, VARIANT, "Training error", "train_error")),
        notes(column, settings, rows));
  }

  private static Claim claim(Column column, Entry entry, List<Row> rows) {
    Entry original = column.entries().get(0);
    double[] own = Arm.last(rows, VARIANT, entry.variant(), "test_error");
    double[] its = Arm.last(rows, VARIANT, original.variant(), "test_error");
    double worse = Stats.mean(own) - Stats.mean(its);
    return Claim.between(
        PAPER + column.where(),
        entry.variant() + " " + entry.words() + ", the original " + original.words(),
        String.format(
            Locale.ROOT,
            "%.2f %% against %.2f %%",
            100 * Stats.median(own),
            100 * Stats.median(its)),
        entry.error() > original.error() ? worse : -worse,
        Math.hypot(Stats.interval(own), Stats.interval(its)));
  }

  private static Chart beside(Map<Entry, Double> medians) {
    List<Double> paper = new ArrayList<>();
    List<Double> here = new ArrayList<>();
    medians.forEach(
        (entry, median) -> {
          paper.add(entry.error() / 100);
          here.add(median);
        });
    return Chart.bars(
        "Test error, the paper's and here",
        VARIANT,
        "error",
        medians.keySet().stream().map(Entry::variant).toList(),
        List.of(
            new Chart.Series("paper (20 % stands for a failure)", List.of(), paper),
            new Chart.Series("here, median over seeds", List.of(), here)));
  }

  private static List<String> notes(Column column, Settings settings, List<Row> rows) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "The paper's networks have "
            + column.papers()
            + " layers and 64,000 steps, the median of five runs; these have "
            + settings.text("depth")
            + " layers, "
            + settings.text("steps")
            + " steps on "
            + settings.text("pictures")
            + " pictures, none longer than "
            + settings.text("side")
            + " pixels, and "
            + Row.distinct(rows, "seed").size()
            + " seed(s).");
    if (3 * column.blocks(settings) < DEEP) {
      notes.add(
          "What the paper sees multiplies along 54 shortcuts; with few blocks a factor on each"
              + " shortcut costs little, and early in training a variant may even lead. Order here"
              + " is no evidence against the paper's.");
    }
    if (settings.has(BIAS) && !settings.text(BIAS).equals(PAPERS_BIAS)) {
      notes.add(
          "Exclusive gates begin with a bias of "
              + settings.text(BIAS)
              + ", the paper's with "
              + PAPERS_BIAS
              + ", which shuts the branches for longer than a short training lasts. The table's row"
              + " is that of the best bias of a search; of 110 layers those from 0 to -5 failed, as"
              + " what each gate takes from the shortcut multiplies along 54 of them.");
    }
    if (Row.distinct(rows, VARIANT).containsAll(List.of(HALF, HALVES))) {
      notes.add(
          HALF
              + " and "
              + HALVES
              + " compute nearly the same: batch norm makes a branch blind to the scale of what"
              + " enters it, so halving the branch as well halves what leaves every block, and only"
              + " the first block's input weighs differently. Which of the two comes first is a"
              + " matter of how training goes; in the paper one failed to converge.");
    }
    if (Row.distinct(rows, "seed").size() < 2) {
      notes.add("With one seed, differences of a point or two may be chance; give seeds=0,1,2.");
    }
    return notes;
  }
}
