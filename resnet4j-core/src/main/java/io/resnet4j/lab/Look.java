package io.resnet4j.lab;

import io.resnet4j.backend.Backends;
import io.resnet4j.backend.Session;
import io.resnet4j.model.Model;
import io.resnet4j.plan.Precision;
import io.resnet4j.plan.Program;
import java.util.List;
import java.util.Set;

/** One reading of a network that is not being trained. */
final class Look {
  private Look() {}

  /**
   * Reads a network: F64 on the reference backend, anything else on the default one.
   *
   * @throws io.resnet4j.InvalidInputException if there is too little memory
   */
  static Reading at(
      Model model, Precision precision, Pictures pictures, Set<Probe> probes, long seed) {
    return at(model, precision, pictures, probes, seed, false);
  }

  /** The same; {@code verify} holds the parts of gradients against the network as it is. */
  static Reading at(
      Model model,
      Precision precision,
      Pictures pictures,
      Set<Probe> probes,
      long seed,
      boolean verify) {
    String backend = precision == Precision.F64 ? "reference" : Backends.DEFAULT;
    try (Session session = Backends.named(backend).open()) {
      Instrument instrument =
          new Instrument(
              session,
              model.spec(),
              pictures.count(),
              precision,
              Program.MODEL,
              probes,
              List.of(),
              verify);
      model.state().forEach((path, tensor) -> session.write(Program.MODEL, path, tensor));
      return instrument.read(pictures.images(), pictures.targets(), seed, 0);
    }
  }
}
