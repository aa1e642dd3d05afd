package io.resnet4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.resnet4j.data.Dataset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What trained weights say of the pictures that they learned from. */
public final class TrainedPictures {
  /** By key of a fingerprint; pixels are left out, which depend on how a set is looked at. */
  private static final Map<String, String> WORDS = new LinkedHashMap<>();

  static {
    WORDS.put("labels", "the number of pictures or their classes");
    WORDS.put("names", "the names of the files");
    WORDS.put("sizes", "the sizes of the files");
  }

  private TrainedPictures() {}

  /**
   * What is otherwise in a training set than in the one that weights learned from: then the
   * pictures that were held out of it cannot be told either.
   *
   * @param provenance of the weights
   * @param train the whole set
   * @return in words; empty where nothing is known to have changed
   * @throws io.resnet4j.InvalidInputException if a file is gone
   */
  public static Optional<String> changed(JsonNode provenance, Dataset train) {
    JsonNode before = provenance.path("data").path("train" + RunConfig.CONTENTS);
    JsonNode now = Fingerprint.contents(train);
    return WORDS.entrySet().stream()
        .filter(word -> before.has(word.getKey()) && now.has(word.getKey()))
        .filter(word -> !before.get(word.getKey()).equals(now.get(word.getKey())))
        .map(Map.Entry::getValue)
        .findFirst();
  }
}
