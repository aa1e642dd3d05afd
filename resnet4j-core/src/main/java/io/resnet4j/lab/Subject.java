package io.resnet4j.lab;

import io.resnet4j.data.DataSplits;
import io.resnet4j.model.Model;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.model.Models;
import io.resnet4j.train.StepProbe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A named network that an experiment has trained, or was given the weights of, to be looked at.
 *
 * @param model with its last weights
 * @param bench with what it was trained on, or would have been, and how it sees pictures
 * @param run its folder, if it was trained here
 */
record Subject(Model model, Bench bench, Path run) {
  private static final String NETWORKS = "networks";

  /** The settings of an experiment's own, and those that training its networks takes. */
  static Settings settings(String experiment, boolean full, String... own) {
    List<String> all =
        new ArrayList<>(List.of(NETWORKS, full ? "resnet56,plain56" : "resnet20,plain20"));
    all.addAll(
        Budget.settings(full ? "50000" : "10000", full ? "64000" : "100", Budget.recipe(full)));
    all.addAll(List.of(GivenWeights.SETTING, ""));
    all.addAll(List.of(own));
    return Settings.of(experiment, all.toArray(String[]::new));
  }

  /**
   * The networks that the settings name.
   *
   * @throws io.resnet4j.InvalidInputException if there is none of a name, or it has no blocks
   */
  static List<String> networks(Settings settings) {
    Budget.of(settings);
    given(settings);
    List<String> networks = settings.names(NETWORKS);
    networks.forEach(network -> Block.required(Models.named(network).graph(1), network));
    return networks;
  }

  /** The weights that the settings give for these. */
  static GivenWeights given(Settings settings) {
    return new GivenWeights(settings, settings.texts(NETWORKS));
  }

  /** As {@link Experiment#require}. */
  static void require(Settings settings, DataSplits data) {
    given(settings).require(network -> Networks.named(network, data));
  }

  /**
   * A network of given weights, or trained now if an earlier cell has not done so.
   *
   * @param probes that read it while it trains
   * @return empty where it was asked to stop
   */
  static Optional<Subject> of(
      String network, Settings settings, Bench bench, List<StepProbe> probes) {
    Budget budget = Budget.of(settings);
    Bench limited = budget.bench(bench);
    ModelSpec spec = Networks.named(network, limited.data());
    ShortTraining training = budget.training(limited);
    Path run = training.folder(network);
    return given(settings)
        .model(network, spec)
        .map(model -> new Subject(model, limited.seenBy(model), run))
        .or(
            () ->
                training
                    .model(network, spec, bench.seed(), probes)
                    .map(
                        model ->
                            new Subject(model, limited.seeing(training.normalisation()), run)));
  }
}
