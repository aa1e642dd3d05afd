package io.resnet4j.app;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.lab.Experiment;
import io.resnet4j.lab.Experiments;
import io.resnet4j.lab.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * The guided tour: chapters of words, each with the experiment that measures what it says. It
 * stands in {@code tour.json}, in several languages.
 *
 * @param language its words are in
 * @param title of the page
 * @param lead what it is about
 * @param claimWords of the tables of claims, whose sentences are in English
 * @param chapters in their order
 */
record Tour(
    String language, String title, String lead, ClaimWords claimWords, List<Chapter> chapters) {
  static final String NAME = "tour";
  static final List<String> LANGUAGES = List.of("en", "zh");
  private static final String FILE = "/io/resnet4j/app/tour.json";

  /**
   * A chapter.
   *
   * @param id its folder
   * @param title of the chapter
   * @param words its paragraphs
   * @param diagrams blocks to draw: a network and a path in it
   * @param experiment what it measures; empty where there is nothing to measure
   * @param changes of the experiment's small settings
   */
  record Chapter(
      String id,
      String title,
      List<String> words,
      List<String> diagrams,
      Optional<Experiment> experiment,
      Map<String, String> changes) {
    /**
     * What the experiment is run with.
     *
     * @param folder of the tour, where earlier chapters have left their networks
     */
    Settings settings(Path folder) {
      Settings settings = experiment.orElseThrow().settings(false);
      for (String change : commandSettings(folder)) {
        settings = settings.set(change);
      }
      return settings;
    }

    /** The changes as the command line takes them, folders of earlier chapters written out. */
    List<String> commandSettings(Path folder) {
      List<String> all = new ArrayList<>();
      changes.forEach((name, value) -> all.add(name + "=" + within(folder, value)));
      return all;
    }

    private static String within(Path folder, String value) {
      String whole = value;
      int open = whole.indexOf('{');
      while (open >= 0) {
        int close = whole.indexOf('}', open);
        String chapter = whole.substring(open + 1, close);
        whole = whole.substring(0, open) + folder.resolve(chapter) + whole.substring(close + 1);
        open = whole.indexOf('{');
      }
      return whole;
    }
  }

  /** The tour in one of {@link #LANGUAGES}. */
  static Tour in(String language) {
    JsonNode tree = read();
    List<Chapter> chapters = new ArrayList<>();
    for (JsonNode chapter : tree.path("chapters")) {
      Map<String, String> changes = new LinkedHashMap<>();
      chapter
          .path("settings")
          .properties()
          .forEach(e -> changes.put(e.getKey(), e.getValue().asText()));
      chapters.add(
          new Chapter(
              chapter.path("id").asText(),
              chapter.path("title").path(language).asText(),
              texts(chapter.path("words").path(language)),
              texts(chapter.path("diagrams")),
              Optional.ofNullable(chapter.get("experiment"))
                  .map(name -> Experiments.named(name.asText())),
              changes));
    }
    return new Tour(
        language,
        tree.path("title").path(language).asText(),
        tree.path("lead").path(language).asText(),
        Json.MAPPER.convertValue(tree.path("claims").path(language), ClaimWords.class),
        List.copyOf(chapters));
  }

  private static List<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
  }

  private static JsonNode read() {
    try (InputStream in = Tour.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IOException(FILE + ": not on the class path");
      }
      return Json.MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }
}
