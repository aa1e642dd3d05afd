package io.resnet4j.data.augment;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Augmentations as text: a name and values in brackets, which can be left away from the end. */
final class AugmentationText {
  private static final Pattern FORM = Pattern.compile("\\s*(\\w+)\\s*(?:\\(([^()]*)\\))?\\s*");
  private static final Map<String, Form> FORMS = new LinkedHashMap<>();

  /** How one augmentation is written: the names of its values, and what is usual. */
  private record Form(
      String values, List<String> usual, Function<List<String>, NamedAugmentation> make) {}

  static {
    put("crop", "padding", List.of("4"), v -> new RandomCrop(whole(v.get(0))));
    put("reflectedCrop", "padding", List.of("2"), v -> new ReflectedCrop(whole(v.get(0))));
    put(
        "randomResizedCrop",
        "smallest share of area, largest, tallest ratio, widest",
        List.of("0.08", "1", number(3 / 4.0), number(4 / 3.0)),
        v -> new RandomResizedCrop(real(v.get(0)), real(v.get(1)), real(v.get(2)), real(v.get(3))));
    put(
        "scaledCrop",
        "shortest length of the shorter side, longest",
        List.of("256", "480"),
        v -> new ScaledCrop(whole(v.get(0)), whole(v.get(1))));
    put("flip", "probability", List.of("0.5"), v -> new HorizontalFlip(real(v.get(0))));
    put("alternatingFlip", "", List.of(), v -> new AlternatingFlip());
    put(
        "colourJitter",
        "brightness, contrast, saturation, hue",
        List.of("0.4", "0.4", "0.4", "0.1"),
        v -> new ColourJitter(real(v.get(0)), real(v.get(1)), real(v.get(2)), real(v.get(3))));
    put("rotation", "degrees", List.of("15"), v -> new Rotation(real(v.get(0))));
    put("cutout", "side", List.of("16"), v -> new Cutout(whole(v.get(0))));
    put(
        "randomErasing",
        "probability, smallest share of area, largest, flattest ratio, tallest",
        List.of("0.1", "0.02", "0.33", "0.3", "3.3"),
        v ->
            new RandomErasing(
                real(v.get(0)),
                real(v.get(1)),
                real(v.get(2)),
                real(v.get(3)),
                real(v.get(4)),
                List.of()));
    put("trivialAugment", "", List.of(), v -> new TrivialAugment());
    put(
        "randAugment",
        "operations, magnitude of 30, deviation, probability of each",
        List.of("2", "9", "0", "1"),
        v -> new RandAugment(whole(v.get(0)), real(v.get(1)), real(v.get(2)), real(v.get(3))));
    put("autoAugment", "cifar10 or imagenet", List.of("imagenet"), v -> policy(v.get(0)));
  }

  private AugmentationText() {}

  private static void put(
      String name,
      String values,
      List<String> usual,
      Function<List<String>, NamedAugmentation> make) {
    FORMS.put(name, new Form(values, usual, make));
  }

  static String write(String name, Object... values) {
    List<String> parts = new ArrayList<>();
    for (Object value : values) {
      parts.add(value instanceof Double real ? number(real) : value.toString());
    }
    return parts.isEmpty() ? name : name + "(" + String.join(",", parts) + ")";
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  static List<NamedAugmentation> readList(String text) {
    List<NamedAugmentation> all = new ArrayList<>();
    if (text.isBlank() || text.strip().equals("none")) {
      return all;
    }
    // Commas outside of brackets.
    for (String part : text.split(",(?![^(]*\\))")) {
      all.add(read(part));
    }
    return all;
  }

  static NamedAugmentation read(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new InvalidInputException(
          "augmentation '" + text.strip() + "': write a name and values, such as crop(4) or flip");
    }
    String name = matcher.group(1);
    String known =
        FORMS.keySet().stream()
            .filter(n -> n.equalsIgnoreCase(name) || n.equalsIgnoreCase(british(name)))
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "augmentation '"
                            + name
                            + "' is unknown"
                            + Nearest.suggestion(name, FORMS.keySet())
                            + " (known: "
                            + String.join(", ", FORMS.keySet())
                            + ")"));
    Form form = FORMS.get(known);
    List<String> values = new ArrayList<>();
    String inside = matcher.group(2);
    if (inside != null && !inside.isBlank()) {
      for (String value : inside.split(",", -1)) {
        values.add(value.strip());
      }
    }
    if (values.size() > form.usual.size()) {
      throw wrong(text, known, form);
    }
    values.addAll(form.usual.subList(values.size(), form.usual.size()));
    try {
      return form.make.apply(values);
    } catch (NumberFormatException e) {
      throw wrong(text, known, form);
    }
  }

  private static String british(String name) {
    return name.toLowerCase(Locale.ROOT).replace("color", "colour");
  }

  private static InvalidInputException wrong(String text, String name, Form form) {
    return new InvalidInputException(
        "augmentation '"
            + text.strip()
            + "': expected "
            + name
            + (form.usual.isEmpty()
                ? " without values"
                : "(" + form.values + "), usually (" + String.join(",", form.usual) + ")"));
  }

  private static int whole(String value) {
    return Integer.parseInt(value);
  }

  private static double real(String value) {
    double real = Double.parseDouble(value);
    if (Double.isNaN(real) || Double.isInfinite(real)) {
      throw new NumberFormatException(value);
    }
    return real;
  }

  private static NamedAugmentation policy(String value) {
    for (AutoAugment.Policy policy : AutoAugment.Policy.values()) {
      if (policy.name().equalsIgnoreCase(value)) {
        return new AutoAugment(policy);
      }
    }
    throw new NumberFormatException(value);
  }
}
