package io.resnet4j.fetch;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What can be fetched by name.
 *
 * @param made by which script from which versions
 * @param data the data sets
 * @param weights the trained weights
 * @param classes names of classes in the order of the logits, by the name of the list
 */
public record Catalogue(
    String made,
    List<PublishedData> data,
    List<PublishedWeights> weights,
    Map<String, List<String>> classes) {
  private static final String RESOURCE = "catalogue.json";
  static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  /** Copies. */
  public Catalogue {
    data = List.copyOf(data);
    weights = List.copyOf(weights);
    classes = Map.copyOf(classes);
  }

  /** The catalogue that comes with this library; {@code tools/reference/catalogue.py} writes it. */
  public static Catalogue standard() {
    try (InputStream in = Catalogue.class.getResourceAsStream(RESOURCE)) {
      return JSON.readValue(in, Catalogue.class);
    } catch (IOException e) {
      throw new UncheckedIOException("the catalogue of published files cannot be read", e);
    }
  }

  /**
   * The data set called {@code name}, in any case.
   *
   * @throws InvalidInputException if there is none; the message suggests the nearest name
   */
  public PublishedData data(String name) {
    String wanted = name.toLowerCase(Locale.ROOT);
    List<String> known = new ArrayList<>();
    for (PublishedData each : data) {
      if (each.name().equals(wanted)) {
        return each;
      }
      known.add(each.name());
    }
    throw new InvalidInputException(
        "download "
            + name
            + ": unknown"
            + Nearest.suggestion(wanted, known)
            + "; expected "
            + String.join(", ", known)
            + " or weights:NAME ('download --list' shows all)");
  }

  /**
   * The weights called {@code name}, in any case; a network's name means its standard weights.
   *
   * @throws InvalidInputException if there are none; the message suggests the nearest name
   */
  public PublishedWeights weights(String name) {
    String wanted = name.toLowerCase(Locale.ROOT);
    List<String> known = new ArrayList<>();
    for (PublishedWeights each : weights) {
      if (each.name().equals(wanted) || (each.standard() && each.model().equals(wanted))) {
        return each;
      }
      known.add(each.standard() ? each.model() : each.name());
    }
    throw new InvalidInputException(
        "weights:"
            + name
            + ": unknown"
            + Nearest.suggestion(wanted, known)
            + "; 'download --list' shows the known ones, weights:https://... fetches others");
  }

  /** The names of the classes that {@code of} tells apart, in the order of the logits. */
  public List<String> classNames(PublishedWeights of) {
    List<String> names = classes.get(of.classes());
    if (names == null) {
      throw new InvalidInputException(
          "weights:" + of.name() + ": the catalogue has no classes '" + of.classes() + "'");
    }
    return List.copyOf(names);
  }
}
