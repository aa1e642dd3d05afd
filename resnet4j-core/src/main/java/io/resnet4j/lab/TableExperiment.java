package io.resnet4j.lab;

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
  private static final String HALF = "constant-0.5";
  private static final String HALVES = "constant-0.5-0.5";
  private static final String GATE = "exclusive-gate";
  private static final String PAPER = "He et al. 2016, arXiv:1603.05027, ";
  private static final String BIAS = "bias";
  private static final String PAPERS_BIAS = "-6";

  /** The best of -1, -2 and -3 after 500 steps; the paper searched its own among 0 to -10. */
  private static final String SHORT_BIAS = "-2";

  /** Layers from which on what a shortcut does to a signal shows. */
  private static final int DEEP = 56;

  /** The paper's "fail": an error above 20 %. */
  private static final double FAIL = 20;

  /**
   * A row of the table.
   *
   * @param variant its name here
   * @param network that has its design
   * @param error of the 110-layer network on CIFAR-10 in per cent, the median of five runs
   */
  private record Entry(String variant, String network, double error) {
    String words() {
      return error >= FAIL ? "fails (over 20 %)" : String.format(Locale.ROOT, "%.2f %%", error);
    }
  }

  private final String name;
  private final String question;
  private final String table;
  private final String margin;
  private final Small small;
  private final List<Entry> entries;

  /**
   * The small setting.
   *
   * @param depth of the networks
   * @param side of the pictures
   * @param pictures to train on
   * @param steps of each training
   */
  private record Small(String depth, String side, String pictures, String steps) {}

  private TableExperiment(
      String name, String question, String table, String margin, Small small, List<Entry> entries) {
    this.name = name;
    this.question = question;
    this.table = table;
    this.margin = margin;
    this.small = small;
    this.entries = entries;
  }

  /** Table 1: what may stand on the shortcut. */
  static TableExperiment shortcuts() {
    return new TableExperiment(
        "shortcuts",
        "What may stand on the shortcut? Networks whose shortcuts are scaled, gated, convolved or"
            + " dropped, against the identity.",
        "table 1",
        "2",
        // What is on a shortcut tells where it is multiplied along many of them.
        new Small("56", "16", "50000", "500"),
        List.of(
            new Entry("original", "resnet20", 6.61),
            new Entry("constant-0", "resnet20-constant-0", FAIL),
            new Entry(HALF, "resnet20-constant-0.5", FAIL),
            new Entry(HALVES, "resnet20-constant-0.5-0.5", 12.35),
            new Entry(GATE, "resnet20-exclusive-gate", 8.70),
            new Entry("shortcut-gate-0", "resnet20-shortcut-gate-0", 12.86),
            new Entry("shortcut-gate", "resnet20-shortcut-gate", 6.91),
            new Entry("conv1x1", "resnet20-conv1x1", 12.22),
            new Entry("dropout-shortcut", "resnet20-dropout-shortcut", FAIL)));
  }

  /** Table 2: where norm and activation stand. */
  static TableExperiment orderings() {
    return new TableExperiment(
        "orderings",
        "Where should norm and activation stand? The five orders of a block's parts around its"
            + " convolutions and its addition.",
        "table 2",
        // No two rows of 110 layers differ by two points.
        "1",
        new Small("14", "32", "10000", "150"),
        List.of(
            new Entry("original", "resnet20", 6.61),
            new Entry("bn-after-add", "resnet20-bn-after-add", 8.17),
            new Entry("relu-before-add", "resnet20-relu-before-add", 7.84),
            new Entry("relu-only-preact", "resnet20-relu-only-preact", 6.71),
            new Entry("preactivation", "preresnet20", 6.37)));
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
    return PAPER + table + ": ResNet-110 on CIFAR-10";
  }

  @Override
  public Settings settings(boolean full) {
    List<String> own =
        new ArrayList<>(
            List.of(
                "depth",
                full ? "110" : small.depth(),
                "side",
                full ? "32" : small.side(),
                "variants",
                String.join(",", variants()),
                "margin",
                margin));
    if (variants().contains(GATE)) {
      own.addAll(List.of(BIAS, full ? PAPERS_BIAS : SHORT_BIAS));
    }
    return Arm.settings(
        name,
        full ? "0,1,2,3,4" : "0",
        full ? "50000" : small.pictures(),
        full ? "64000" : small.steps(),
        full ? "cifar10-he2016" : ShortTraining.USUAL,
        own.toArray(String[]::new));
  }

  private List<String> variants() {
    return entries.stream().map(Entry::variant).toList();
  }

  private Entry entry(String variant) {
    return entries.get(variants().indexOf(variant));
  }

  @Override
  public List<Map<String, Object>> cells(Settings settings) {
    Networks.requireDepth(settings.integer("depth", 8));
    settings.number("margin");
    settings.integer("side", 8);
    if (settings.has(BIAS)) {
      settings.real(BIAS);
    }
    return Arm.cells(settings, VARIANT, settings.oneOf("variants", variants()));
  }

  @Override
  public List<Map<String, Object>> measure(
      Map<String, Object> cell, Settings settings, Bench bench) {
    String variant = (String) cell.get(VARIANT);
    int blocks = (settings.integer("depth", 8) - 2) / 6;
    ResNetSpec spec =
        Models.resnet(entry(variant).network()).withBlocks(Collections.nCopies(3, blocks));
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
    if (rows.isEmpty()) {
      return Findings.NONE;
    }
    double wide = settings.number("margin");
    Map<Entry, Double> medians = new LinkedHashMap<>();
    for (String variant : Row.distinct(rows, VARIANT)) {
      medians.put(entry(variant), Stats.median(Arm.last(rows, VARIANT, variant, "test_error")));
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
              PAPER + table,
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
    Entry original = entries.get(0);
    medians.forEach(
        (entry, median) -> {
          if (medians.containsKey(original) && Math.abs(entry.error() - original.error()) > wide) {
            claims.add(claim(entry, median, original, medians.get(original)));
          }
        });
    return Arm.findings(
        rows,
        VARIANT,
        claims,
        List.of(beside(medians), Arm.curves(rows, VARIANT, "Training error", "train_error")),
        notes(settings, rows));
  }

  private Claim claim(Entry entry, double median, Entry original, double its) {
    return Claim.of(
        PAPER + table,
        entry.variant() + " " + entry.words() + ", the original " + original.words(),
        String.format(Locale.ROOT, "%.2f %% against %.2f %%", 100 * median, 100 * its),
        entry.error() > original.error() == median > its);
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

  private List<String> notes(Settings settings, List<Row> rows) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "The paper's networks have 110 layers and 64,000 steps, the median of five runs; these have"
            + " "
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
    if (settings.integer("depth", 8) < DEEP) {
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
              + ", which shuts the branches for longer than a short training lasts.");
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
