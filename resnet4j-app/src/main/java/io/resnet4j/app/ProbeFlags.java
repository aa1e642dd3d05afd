package io.resnet4j.app;

import io.resnet4j.InvalidInputException;
import io.resnet4j.lab.Probe;
import io.resnet4j.lab.ProbeOptions;
import io.resnet4j.lab.TrainingProbe;
import io.resnet4j.model.ModelSpec;
import io.resnet4j.train.Trainer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a run that is probed. */
final class ProbeFlags {
  @Option(
      names = "--probe",
      paramLabel = "P,...",
      description =
          "Read the network while it trains: gradients, signals, batchnorm, updates or all; into"
              + " probes.jsonl, which 'diagnose' reads, and TensorBoard's events.")
  private @Nullable String probes;

  @Option(
      names = "--every",
      paramLabel = "N",
      description = "Steps between readings (default: " + ProbeOptions.EVERY + ").")
  private @Nullable Integer every;

  @Option(
      names = "--probe-layers",
      paramLabel = "L,...",
      split = ",",
      description = "Layers or blocks to keep to, such as layer1 or layer3.0.conv1.")
  private List<String> layers = List.of();

  /** Refuses options that do not go together or with the network, before the work begins. */
  void check(ModelSpec spec) {
    options().ifPresent(chosen -> chosen.require(spec));
  }

  private Optional<ProbeOptions> options() {
    if (probes == null) {
      if (every != null || !layers.isEmpty()) {
        throw new InvalidInputException(
            (every != null ? "--every" : "--probe-layers") + ": only together with --probe");
      }
      return Optional.empty();
    }
    int steps = every == null ? ProbeOptions.EVERY : every;
    return Optional.of(new ProbeOptions(Probe.parse(probes), steps, layers, ProbeOptions.PICTURES));
  }

  /** The trainer, probed if that is asked for; closed if it cannot be. */
  Trainer attach(Trainer trainer) {
    try {
      return options().map(o -> trainer.probe(new TrainingProbe(o))).orElse(trainer);
    } catch (RuntimeException | Error e) {
      trainer.close();
      throw e;
    }
  }
}
