package io.resnet4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.backend.Backend;
import io.resnet4j.backend.Choices;
import io.resnet4j.backend.Session;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run begins with or goes on from. The folder is held for it until that is closed.
 *
 * @param folder of the run
 * @param checkpoints in the folder
 * @param from the checkpoint to go on from; empty in a run that has trained nothing yet
 * @param choices implementations to compute with; empty where none have been chosen yet
 */
record Beginning(
    RunFolder folder,
    Checkpoints checkpoints,
    Optional<Checkpoints.Read> from,
    Optional<Map<String, String>> choices) {

  /**
   * Takes the folder.
   *
   * @param notes get what a person should know
   * @throws io.resnet4j.InvalidInputException if the folder cannot be used, or a run to resume was
   *     begun otherwise or cannot be read
   */
  static Beginning of(TrainOptions options, JsonNode config, List<String> notes) {
    if (!options.resume()) {
      RunFolder folder = RunFolder.create(options.out());
      return new Beginning(
          folder,
          new Checkpoints(folder, options.checkpointing()),
          Optional.empty(),
          Optional.empty());
    }
    RunFolder folder = RunFolder.resume(options.out());
    try {
      Checkpoints checkpoints = new Checkpoints(folder, options.checkpointing());
      folder
          .config()
          .ifPresent(begun -> RunConfig.requireSame(folder.file(RunFolder.CONFIG), begun, config));
      Optional<Checkpoints.Read> from = checkpoints.newest(notes::add);
      Optional<Map<String, String>> choices =
          from.flatMap(read -> read.checkpoint().choices()).or(folder::choices);
      // A run older than choices computed with the defaults.
      return new Beginning(
          folder, checkpoints, from, choices.or(() -> from.map(read -> Map.<String, String>of())));
    } catch (RuntimeException | Error e) {
      folder.close();
      throw e;
    }
  }

  /** A session; where it cannot be had the folder is given up. */
  Session open(Backend backend, Choices with) {
    try {
      return backend.open(with);
    } catch (RuntimeException | Error e) {
      folder.close();
      throw e;
    }
  }
}
