package io.resnet4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.InvalidInputException;
import io.resnet4j.backend.Session;
import io.resnet4j.interop.Safetensors;
import io.resnet4j.plan.Program;
import io.resnet4j.plan.UpdateRule;
import io.resnet4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * A run between two steps: {@code last.ckpt}.
 *
 * <p>The file is a safetensors file. Its tensors are named {@code namespace/path}: {@code
 * model/layer1.0.conv1.weight} is a parameter or buffer, {@code momentum/layer1.0.conv1.weight} the
 * optimiser's slot of that parameter (absent before the first step), {@code ema/...}, {@code
 * swa/...} and {@code slow/...} averages of the weights, if the recipe has them. They are F32, or
 * F64 where the run computes in F64, in canonical layout: bit for bit the session's state. Its
 * metadata are
 *
 * <ul>
 *   <li>{@code format}: {@code resnet4j-checkpoint};
 *   <li>{@code version}: {@code 1}; a reader refuses what it does not know;
 *   <li>{@code seed}: what every random draw is keyed by, with the epoch and step below: no
 *       generator has a state to keep;
 *   <li>{@code progress}: a JSON object: {@code epoch} finished epochs, {@code stepInEpoch} and
 *       {@code step} done, the sums {@code lossSum} and {@code correct} of the unfinished epoch,
 *       times in seconds, {@code bestValAcc} and {@code last}, the last line of metrics;
 *   <li>{@code choices}: a JSON object, the implementations computed with;
 *   <li>{@code pins}: a JSON object, what else the bits depend on ({@link Pins});
 *   <li>{@code symptoms}: a JSON object, what the run's numbers have shown ({@link
 *       Symptoms.State}); no bit of the training depends on it;
 *   <li>{@code crc32}: over the bytes of the tensors in the order of their names.
 * </ul>
 *
 * Files older than the last four are read without them.
 *
 * <p>The network, recipe and data are in the {@code config.json} beside it.
 *
 * @param progress how far the run is
 * @param seed of the run
 * @param tensors by namespace and path
 * @param choices implementations that the run computes with; empty where the file does not tell
 * @param pins what it was computed with; empty where the file does not tell
 * @param symptoms what its numbers have shown; empty where the file does not tell
 */
record Checkpoint(
    Progress progress,
    long seed,
    Map<String, Tensor> tensors,
    Optional<Map<String, String>> choices,
    Map<String, String> pins,
    Optional<Symptoms.State> symptoms) {
  private static final String FORMAT = "resnet4j-checkpoint";
  private static final String VERSION = "1";

  Checkpoint {
    tensors = Map.copyOf(tensors);
  }

  /**
   * What a run goes on from.
   *
   * @param learned what the session holds of the network and its averages
   * @param session that holds the rest
   * @param groups parameters whose rules' slots are kept
   */
  static Safetensors of(
      Learned learned,
      Session session,
      List<UpdateRule.Group> groups,
      Progress progress,
      long seed,
      Map<String, String> pins,
      Symptoms symptoms) {
    Map<String, Tensor> tensors = learned.tensors();
    Set<String> slots = new LinkedHashSet<>();
    groups.forEach(group -> slots.addAll(group.rule().slots()));
    slots.forEach(slot -> put(tensors, slot, Learned.read(session, slot)));
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", FORMAT);
    metadata.put("version", VERSION);
    metadata.put("seed", Long.toString(seed));
    metadata.put("progress", Json.line(progress));
    metadata.put("choices", Json.line(new TreeMap<>(session.choices())));
    metadata.put("pins", Json.line(pins));
    metadata.put("symptoms", Json.line(symptoms.state()));
    metadata.put("crc32", checksum(tensors));
    return new Safetensors(tensors, metadata);
  }

  /** Adds the tensors of a namespace under the names that they have here. */
  static void put(Map<String, Tensor> tensors, String namespace, Map<String, Tensor> state) {
    state.forEach((path, tensor) -> tensors.put(namespace + "/" + path, tensor));
  }

  /**
   * The first weight or statistic that is not finite. An optimiser's slot may overflow where its
   * weight does not move any more; where it does, the weight tells.
   */
  static Optional<String> broken(Map<String, Tensor> tensors) {
    return tensors.entrySet().stream()
        .filter(each -> !UpdateRule.ALL_SLOTS.contains(namespace(each.getKey())))
        .filter(each -> !Diagnosis.finite(each.getValue()))
        .map(Map.Entry::getKey)
        .sorted()
        .findFirst();
  }

  private static String namespace(String name) {
    return name.substring(0, Math.max(0, name.indexOf('/')));
  }

  private static String checksum(Map<String, Tensor> tensors) {
    CRC32 crc = new CRC32();
    new TreeMap<>(tensors).values().forEach(tensor -> crc.update(tensor.bytes()));
    return Long.toHexString(crc.getValue());
  }

  /**
   * Reads a checkpoint.
   *
   * @throws InvalidInputException if it is missing, damaged, of another version or something else,
   *     or if a weight in it is not finite
   */
  static Checkpoint read(Path file) {
    Safetensors stored = Safetensors.read(file);
    Map<String, String> metadata = stored.metadata();
    if (!FORMAT.equals(metadata.get("format"))) {
      throw new InvalidInputException(
          file + ": not a checkpoint of resnet4j; give the folder of a run made by 'train'");
    }
    if (!VERSION.equals(metadata.get("version"))) {
      throw new InvalidInputException(
          file
              + ": checkpoint of version "
              + metadata.get("version")
              + ", this program reads version "
              + VERSION
              + "; use the program that wrote it");
    }
    try {
      Progress progress =
          Json.MAPPER.readValue(metadata.getOrDefault("progress", ""), Progress.class);
      long seed = Long.parseLong(metadata.getOrDefault("seed", ""));
      String crc = metadata.get("crc32");
      if (crc != null && !crc.equals(checksum(stored.tensors()))) {
        throw new InvalidInputException(
            file + ": damaged: its tensors do not have the checksum they were written with");
      }
      broken(stored.tensors())
          .ifPresent(
              name -> {
                throw new InvalidInputException(
                    file
                        + ": "
                        + name
                        + " is not finite, so that no run can go on from it; begin another, with a"
                        + " lower learning rate");
              });
      return new Checkpoint(
          progress,
          seed,
          stored.tensors(),
          metadata.containsKey("choices")
              ? Optional.of(texts(metadata.get("choices")))
              : Optional.empty(),
          texts(metadata.getOrDefault("pins", "{}")),
          metadata.containsKey("symptoms")
              ? Optional.of(Json.MAPPER.readValue(metadata.get("symptoms"), Symptoms.State.class))
              : Optional.empty());
    } catch (JsonProcessingException | NumberFormatException e) {
      throw new InvalidInputException(
          file + ": damaged: its metadata cannot be read; begin the run again", e);
    }
  }

  private static Map<String, String> texts(String json) throws JsonProcessingException {
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : Json.MAPPER.readTree(json).properties()) {
      texts.put(entry.getKey(), entry.getValue().asText());
    }
    return texts;
  }

  /**
   * Writes the state into a session whose plans are prepared.
   *
   * @throws InvalidInputException if a tensor of the network or of the optimiser is missing
   */
  void restore(Session session, List<UpdateRule.Group> groups, List<String> averages, Path file) {
    List<String> namespaces = new ArrayList<>(List.of(Program.MODEL));
    namespaces.addAll(averages);
    for (String namespace : namespaces) {
      for (String path : session.state(namespace).keySet()) {
        session.write(namespace, path, tensor(namespace, path, file));
      }
    }
    if (progress.step() == 0) {
      return;
    }
    for (UpdateRule.Group group : groups) {
      for (String slot : group.rule().slots()) {
        for (String path : group.paths()) {
          session.write(slot, path, tensor(slot, path, file));
        }
      }
    }
  }

  private Tensor tensor(String namespace, String path, Path file) {
    Tensor tensor = tensors.get(namespace + "/" + path);
    if (tensor == null) {
      throw new InvalidInputException(
          file + ": damaged: " + namespace + "/" + path + " is missing; begin the run again");
    }
    return tensor;
  }
}
