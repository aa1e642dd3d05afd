package io.resnet4j.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.resnet4j.InvalidInputException;

/** {@link Preprocessing} as JSON, which is how it travels in a model's metadata. */
public final class PreprocessingJson {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          // Records have fields only; questions such as isSquare() are not among them.
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private PreprocessingJson() {}

  /** One line of JSON that {@link #read} makes the same preprocessing of, to the bit. */
  public static String write(Preprocessing preprocessing) {
    try {
      return JSON.writeValueAsString(preprocessing);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The preprocessing of {@code json}.
   *
   * @param where what a message begins with, such as the file
   * @throws InvalidInputException if it is not what {@link #write} writes
   */
  public static Preprocessing read(String json, String where) {
    try {
      Preprocessing read = JSON.readValue(json, Preprocessing.class);
      if (read != null) {
        return read;
      }
      throw new InvalidInputException(where + ": the preprocessing is null; expected an object");
    } catch (JsonProcessingException e) {
      String what =
          e.getCause() instanceof InvalidInputException bad
              ? bad.getMessage()
              : e.getOriginalMessage();
      throw new InvalidInputException(
          where + ": the preprocessing cannot be read: " + what.replaceAll("\\s+", " "), e);
    }
  }
}
