package io.resnet4j.lab;

import io.resnet4j.InvalidInputException;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.ShippedWeights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The setting {@code weights} of an experiment that looks at trained networks: for each of them the
 * file that it is read from, or {@value #HERE} to train it as a part of the experiment. Left empty,
 * all are trained.
 */
final class GivenWeights {
  static final String SETTING = "weights";

  /** In place of a file. */
  static final String HERE = "here";

  private final String experiment;
  private final Map<String, String> files = new LinkedHashMap<>();

  /**
   * What the settings give.
   *
   * @param networks the names that cells have for them, in the order of the files
   * @throws InvalidInputException if there are more or fewer files than networks
   */
  GivenWeights(Settings settings, List<String> networks) {
    experiment = settings.experiment();
    List<String> texts = settings.text(SETTING).isEmpty() ? List.of() : settings.texts(SETTING);
    if (!texts.isEmpty() && texts.size() != networks.size()) {
      throw refused(
          settings.text(SETTING),
          "expected for each of these a file, or \""
              + HERE
              + "\" to train it: "
              + String.join(", ", networks));
    }
    for (int i = 0; i < texts.size(); i++) {
      files.put(networks.get(i), texts.get(i));
    }
  }

  /** Whether there is a file for a network. */
  boolean has(String network) {
    return !files.getOrDefault(network, HERE).equals(HERE);
  }

  /**
   * The network of a file; empty where none is given.
   *
   * @param expected the network of that name for the pictures of the experiment
   * @throws InvalidInputException if the file is missing or broken, or holds a network of other
   *     blocks, with shortcuts where the named one has none, or for other pictures
   */
  Optional<Model> model(String network, ModelSpec expected) {
    if (!has(network)) {
      return Optional.empty();
    }
    String file = files.get(network);
    Model model = Model.load(ShippedWeights.resolve(file));
    requirePictures(file, model.spec(), expected);
    if (!blocks(model.spec()).equals(blocks(expected))) {
      throw refused(
          file,
          "holds "
              + described(model.spec())
              + ", given for "
              + network
              + ", which has "
              + described(expected)
              + "; name the network that it holds, or give the files in the order of the networks");
    }
    return Optional.of(model);
  }

  /** Refuses every file that {@link #model} would. */
  void require(Function<String, ModelSpec> expected) {
    files.keySet().forEach(network -> model(network, expected.apply(network)));
  }

  private void requirePictures(String file, ModelSpec own, ModelSpec expected) {
    if (!pictures(own).equals(pictures(expected))) {
      throw refused(
          file,
          "is for "
              + pictures(own)
              + ", the data have "
              + pictures(expected)
              + "; give the pictures that it was trained on (--data), or other weights");
    }
  }

  private InvalidInputException refused(String value, String why) {
    return new InvalidInputException(experiment + ": " + SETTING + "=" + value + ": " + why);
  }

  private static String pictures(ModelSpec spec) {
    return spec.classes()
        + " classes of pictures of "
        + spec.channels()
        + "x"
        + spec.height()
        + "x"
        + spec.width();
  }

  /** Whether a block has a shortcut, by its path. */
  private static Map<String, Boolean> blocks(ModelSpec spec) {
    Map<String, Boolean> blocks = new LinkedHashMap<>();
    Block.of(spec.graph(1)).forEach(block -> blocks.put(block.path(), block.fork().isPresent()));
    return blocks;
  }

  /** Such as {@code 9 + 9 + 9 blocks, 27 of them with a shortcut}. */
  private static String described(ModelSpec spec) {
    Map<String, Boolean> blocks = blocks(spec);
    if (blocks.isEmpty()) {
      return "no blocks";
    }
    Map<String, Long> stages =
        blocks.keySet().stream()
            .collect(
                Collectors.groupingBy(Surgery::stage, LinkedHashMap::new, Collectors.counting()));
    return stages.values().stream().map(String::valueOf).collect(Collectors.joining(" + "))
        + " blocks, "
        + blocks.values().stream().filter(shortcut -> shortcut).count()
        + " of them with a shortcut";
  }

  /** Where the networks come from, as the beginning of a note. */
  static String words(Settings settings) {
    String steps = settings.text("steps") + " steps";
    if (settings.text(SETTING).isEmpty()) {
      return "Trained here for " + steps;
    }
    return "Weights: "
        + settings.text(SETTING)
        + (settings.texts(SETTING).contains(HERE)
            ? "; \"" + HERE + "\" is trained here for " + steps
            : "");
  }
}
