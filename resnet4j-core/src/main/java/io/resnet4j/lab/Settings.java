package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The settings of an experiment: texts by name, in order. Immutable. */
public final class Settings {
  private final String experiment;
  private final Map<String, String> values;

  /** By a change, the values that it brings with it. */
  private final Map<String, Map<String, String>> implied;

  private final Set<String> given;

  private Settings(
      String experiment,
      Map<String, String> values,
      Map<String, Map<String, String>> implied,
      Set<String> given) {
    this.experiment = experiment;
    this.values = Collections.unmodifiableMap(values);
    this.implied = Map.copyOf(implied);
    this.given = Set.copyOf(given);
  }

  /** Settings of an experiment from names and values in turn. */
  static Settings of(String experiment, String... namesAndValues) {
    return new Settings(experiment, map(namesAndValues), Map.of(), Set.of());
  }

  private static Map<String, String> map(String... namesAndValues) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return values;
  }

  /**
   * These, where a change brings other values with it for settings that are not given themselves.
   *
   * @param change {@code name=value}
   */
  Settings implying(String change, String... namesAndValues) {
    Map<String, Map<String, String>> all = new LinkedHashMap<>(implied);
    all.put(change, map(namesAndValues));
    return new Settings(experiment, values, all, given);
  }

  /** The name of the experiment. */
  String experiment() {
    return experiment;
  }

  /** Every setting. */
  public Map<String, String> values() {
    return values;
  }

  /**
   * These with one changed, and what that brings with it.
   *
   * @param change {@code name=value}
   * @throws InvalidInputException if there is no such setting
   */
  public Settings set(String change) {
    int equals = change.indexOf('=');
    if (equals < 1) {
      throw new InvalidInputException("setting '" + change + "': expected name=value");
    }
    String name = change.substring(0, equals).strip();
    if (!has(name)) {
      throw new InvalidInputException(
          experiment
              + ": has no setting '"
              + name
              + "'"
              + Nearest.suggestion(name, values.keySet())
              + "; it has "
              + String.join(", ", values.keySet()));
    }
    String value = change.substring(equals + 1).strip();
    Set<String> now = new LinkedHashSet<>(given);
    now.add(name);
    Map<String, String> changed = new LinkedHashMap<>(values);
    changed.put(name, value);
    implied
        .getOrDefault(name + "=" + value, Map.of())
        .forEach((other, its) -> changed.put(other, now.contains(other) ? text(other) : its));
    return new Settings(experiment, changed, implied, now);
  }

  /** Whether there is such a setting. */
  boolean has(String name) {
    return values.containsKey(name);
  }

  /** A text. */
  String text(String name) {
    return values.get(name);
  }

  /** Texts between commas. */
  List<String> texts(String name) {
    List<String> parts = new ArrayList<>();
    for (String part : text(name).split(",", -1)) {
      parts.add(part.strip());
    }
    return parts;
  }

  /** Whole numbers between commas, none below {@code least} and none twice. */
  List<Integer> integers(String name, int least) {
    return once(name, texts(name).stream().map(text -> integer(name, text, least)).toList());
  }

  /** What is named twice would be measured once and count as if it had been measured twice. */
  private <T> List<T> once(String name, List<T> parts) {
    for (int i = 1; i < parts.size(); i++) {
      if (parts.subList(0, i).contains(parts.get(i))) {
        throw wrong(name, text(name), "each part once; " + parts.get(i) + " is there twice");
      }
    }
    return parts;
  }

  /** A whole number, not below {@code least}. */
  int integer(String name, int least) {
    return integer(name, text(name), least);
  }

  private int integer(String name, String text, int least) {
    try {
      int value = Integer.parseInt(text);
      if (value >= least) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw wrong(name, text, "a whole number of at least " + least);
  }

  /** A number, finite. */
  double real(String name) {
    return real(name, text(name), -Double.MAX_VALUE);
  }

  private double real(String name, String text, double least) {
    try {
      double value = Double.parseDouble(text);
      if (Double.isFinite(value) && value >= least) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw wrong(
        name, text, "a number" + (least > -Double.MAX_VALUE ? " of at least " + least : ""));
  }

  /** Numbers between commas, finite, none below {@code least} and none twice. */
  List<Double> reals(String name, double least) {
    return once(name, texts(name).stream().map(text -> real(name, text, least)).toList());
  }

  /** A number above zero. */
  double number(String name) {
    return number(name, text(name));
  }

  /** Numbers between commas, all above zero and none twice. */
  List<Double> numbers(String name) {
    return once(name, texts(name).stream().map(text -> number(name, text)).toList());
  }

  private double number(String name, String text) {
    try {
      double value = Double.parseDouble(text);
      if (value > 0 && !Double.isInfinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw wrong(name, text, "a number above 0");
  }

  /** Texts between commas, none twice. */
  List<String> names(String name) {
    return once(name, texts(name));
  }

  /** Texts between commas, each one of those that are known and none twice. */
  List<String> oneOf(String name, List<String> known) {
    texts(name).forEach(text -> requireOne(name, text, known));
    return names(name);
  }

  /** Refuses a part of a setting that is not known. */
  void requireOne(String name, String text, List<String> known) {
    if (!known.contains(text)) {
      throw wrong(
          name, text, "one of " + String.join(", ", known) + Nearest.suggestion(text, known));
    }
  }

  /** Texts between commas made into something; what {@code make} refuses is named. */
  <T> List<T> all(String name, Function<String, T> make) {
    return texts(name).stream().map(make).toList();
  }

  private InvalidInputException wrong(String name, String text, String expected) {
    return new InvalidInputException(
        experiment + ": " + name + "=" + text + ": expected " + expected);
  }
}
