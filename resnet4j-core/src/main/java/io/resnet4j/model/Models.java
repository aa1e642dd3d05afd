package io.resnet4j.model;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The named networks. A bare name is its paper's default or, where torchvision has the network,
 * torchvision's: {@code resnet20} has shortcuts of option A, {@code resnet20-b} of option B; {@code
 * resnet50} strides on the 3x3; {@code plain20} is the twin without shortcuts. What follows a
 * hyphen is one change, such as {@code resnet110-shortcut-gate} or {@code resnet56-rezero}.
 */
public final class Models {
  private record Row(ModelSpec spec, String source) {}

  private static final Map<String, Row> TABLE = table();

  private Models() {}

  private static Map<String, Row> table() {
    Map<String, Row> rows = new LinkedHashMap<>();
    BiConsumer<ModelSpec, String> put = (spec, source) -> put(rows, spec, source);
    CifarNetworks.put(put);
    ImageNetNetworks.put(put);
    ClassicNetworks.put(put);
    return rows;
  }

  private static void put(Map<String, Row> rows, ModelSpec spec, String source) {
    if (rows.put(spec.name(), new Row(spec, source)) != null) {
      throw new IllegalStateException(spec.name() + " is in the table twice");
    }
  }

  /**
   * The network called {@code name}, in any case.
   *
   * @throws InvalidInputException if there is none; the message suggests the nearest name
   */
  public static ModelSpec named(String name) {
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

  /**
   * The residual network (or plain twin) called {@code name}, whose design can be changed.
   *
   * @throws InvalidInputException if there is none
   */
  public static ResNetSpec resnet(String name) {
    if (named(name) instanceof ResNetSpec spec) {
      return spec;
    }
    throw new InvalidInputException("model " + name + ": not a residual network");
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
              ModelSpec spec = row.spec();
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
    return resnet("resnet20").withClasses(classes);
  }

  /** ResNet-32 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet32(int classes) {
    return resnet("resnet32").withClasses(classes);
  }

  /** ResNet-44 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet44(int classes) {
    return resnet("resnet44").withClasses(classes);
  }

  /** ResNet-56 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet56(int classes) {
    return resnet("resnet56").withClasses(classes);
  }

  /** ResNet-110 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet110(int classes) {
    return resnet("resnet110").withClasses(classes);
  }

  /** ResNet-1202 for 32x32 pictures, shortcuts of option A. */
  public static ResNetSpec resnet1202(int classes) {
    return resnet("resnet1202").withClasses(classes);
  }

  /** ResNet-18 for 224x224 pictures, torchvision's. */
  public static ResNetSpec resnet18(int classes) {
    return resnet("resnet18").withClasses(classes);
  }

  /** ResNet-34 for 224x224 pictures, torchvision's. */
  public static ResNetSpec resnet34(int classes) {
    return resnet("resnet34").withClasses(classes);
  }

  /** ResNet-50 for 224x224 pictures, torchvision's. */
  public static ResNetSpec resnet50(int classes) {
    return resnet("resnet50").withClasses(classes);
  }

  /** ResNet-101 for 224x224 pictures, torchvision's. */
  public static ResNetSpec resnet101(int classes) {
    return resnet("resnet101").withClasses(classes);
  }

  /** ResNet-152 for 224x224 pictures, torchvision's. */
  public static ResNetSpec resnet152(int classes) {
    return resnet("resnet152").withClasses(classes);
  }
}
