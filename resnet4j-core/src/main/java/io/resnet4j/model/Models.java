package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.graph.Activation;
import io.resnet4j.nn.Block;
import io.resnet4j.nn.Shortcut;
import io.resnet4j.nn.Stem;
import io.resnet4j.nn.StridePosition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The named networks. A bare name is its paper's default or, where torchvision has the network,
 * torchvision's: {@code resnet20} has shortcuts of option A, {@code resnet20-b} of option B; {@code
 * resnet50} strides on the 3x3; {@code plain20} is the twin without shortcuts.
 */
public final class Models {
  private static final String PAPER = "He et al. 2015, arXiv:1512.03385, ";

  private record Row(ResNetSpec spec, String source) {}

  private static final Map<String, Row> TABLE = table();

  private Models() {}

  private static Map<String, Row> table() {
    Map<String, Row> rows = new LinkedHashMap<>();
    for (int depth : new int[] {20, 32, 44, 56, 110, 1202}) {
      ResNetSpec a = cifar(depth);
      put(rows, a, PAPER + "section 4.2, option A");
      ResNetSpec b = a.withShortcut(Shortcut.PROJECTION);
      put(rows, b.withName(a.name() + "-b"), PAPER + "section 4.2, option B");
      put(rows, plain(a, depth), PAPER + "section 4.2, plain");
    }
    Map<Integer, List<Integer>> stages = new LinkedHashMap<>();
    stages.put(18, List.of(2, 2, 2, 2));
    stages.put(34, List.of(3, 4, 6, 3));
    stages.put(50, List.of(3, 4, 6, 3));
    stages.put(101, List.of(3, 4, 23, 3));
    stages.put(152, List.of(3, 8, 36, 3));
    stages.forEach(
        (depth, blocks) -> {
          ResNetSpec b = imagenet(depth, blocks);
          boolean basic = b.block() == Block.BASIC;
          put(
              rows,
              b,
              PAPER + "table 1, option B" + (basic ? "" : ", stride on the 3x3 as in torchvision"));
          if (depth == 34) {
            ResNetSpec a = b.withShortcut(Shortcut.ZERO_PAD);
            put(rows, a.withName("resnet34-a"), PAPER + "table 3, option A");
            ResNetSpec c = b.withShortcut(Shortcut.PROJECTION_ALWAYS);
            put(rows, c.withName("resnet34-c"), PAPER + "table 3, option C");
          }
          put(
              rows,
              plain(b, depth),
              depth <= 34
                  ? PAPER + "section 4.1, plain"
                  : "twin of resnet" + depth + " without shortcuts");
        });
    put(
        rows,
        rows.get("resnet18")
            .spec()
            .withName("resnet18-cifar")
            .withStem(Stem.CIFAR)
            .withClasses(10)
            .withInput(3, 32, 32),
        PAPER + "table 1, option B, with a 3x3 stem for 32x32 pictures");
    return rows;
  }

  private static void put(Map<String, Row> rows, ResNetSpec spec, String source) {
    rows.put(spec.name(), new Row(spec, source));
  }

  private static ResNetSpec plain(ResNetSpec twin, int depth) {
    return twin.withShortcut(Shortcut.NONE).withName("plain" + depth);
  }

  private static ResNetSpec cifar(int depth) {
    int n = (depth - 2) / 6;
    return new ResNetSpec(
        "resnet" + depth,
        Stem.CIFAR,
        Block.BASIC,
        List.of(n, n, n),
        List.of(16, 32, 64),
        Shortcut.ZERO_PAD,
        StridePosition.ON_3X3,
        Activation.RELU,
        false,
        10,
        3,
        32,
        32);
  }

  private static ResNetSpec imagenet(int depth, List<Integer> blocks) {
    return new ResNetSpec(
        "resnet" + depth,
        Stem.IMAGENET,
        depth < 50 ? Block.BASIC : Block.BOTTLENECK,
        blocks,
        List.of(64, 128, 256, 512),
        Shortcut.PROJECTION,
        StridePosition.ON_3X3,
        Activation.RELU,
        false,
        1000,
        3,
        224,
        224);
  }

  /**
   * The network called {@code name}, in any case.
   *
   * @throws InvalidInputException if there is none; the message suggests the nearest name
   */
  public static ResNetSpec named(String name) {
    Row row = TABLE.get(name.toLowerCase(Locale.ROOT));
    if (row == null) {
      String suggestion = Nearest.suggestion(name.toLowerCase(Locale.ROOT), TABLE.keySet());
      throw new InvalidInputException(
          "unknown model '"
              + name
              + "'"
              + (suggestion.isEmpty() ? "; 'models' lists the known ones" : suggestion));
    }
    return row.spec();
  }

  /** Every name, in the order of the table. */
  public static List<String> names() {
    return List.copyOf(TABLE.keySet());
  }

  /** Every named network with what it counts, in the order of the table. */
  public static List<ModelInfo> all() {
    return TABLE.values().stream()
        .map(
            row -> {
              ResNetSpec spec = row.spec();
              Counts counts = spec.counts();
              String input = spec.channels() + "x" + spec.height() + "x" + spec.width();
              return new ModelInfo(
                  spec.name(),
                  counts.parameters(),
                  counts.macs(),
                  input,
                  spec.classes(),
                  row.source());
            })
        .toList();
  }

  /** ResNet-20 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet20(int classes) {
    return named("resnet20").withClasses(classes);
  }

  /** ResNet-32 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet32(int classes) {
    return named("resnet32").withClasses(classes);
  }

  /** ResNet-44 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet44(int classes) {
    return named("resnet44").withClasses(classes);
  }

  /** ResNet-56 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet56(int classes) {
    return named("resnet56").withClasses(classes);
  }

  /** ResNet-110 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet110(int classes) {
    return named("resnet110").withClasses(classes);
  }

  /** ResNet-1202 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet1202(int classes) {
    return named("resnet1202").withClasses(classes);
  }

  /** ResNet-18 for 224x224 pictures, torchvision's. */
  public static ResNetSpec resnet18(int classes) {
    return named("resnet18").withClasses(classes);
  }

  /** ResNet-34 for 224x224 pictures, torchvision's. */
  public static ResNetSpec resnet34(int classes) {
    return named("resnet34").withClasses(classes);
  }

  /** ResNet-50 for 224x224 pictures, torchvision's. */
  public static ResNetSpec resnet50(int classes) {
    return named("resnet50").withClasses(classes);
  }

  /** ResNet-101 for 224x224 pictures, torchvision's. */
  public static ResNetSpec resnet101(int classes) {
    return named("resnet101").withClasses(classes);
  }

  /** ResNet-152 for 224x224 pictures, torchvision's. */
  public static ResNetSpec resnet152(int classes) {
    return named("resnet152").withClasses(classes);
  }
}
