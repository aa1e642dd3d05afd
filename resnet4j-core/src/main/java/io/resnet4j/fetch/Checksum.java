package io.resnet4j.fetch;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.resnet4j.InvalidInputException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a file's SHA-256 begins with. Publishers of weights put eight hex digits into the name of
 * the file, which tells accidents and most tampering apart but is no signature; 64 digits are the
 * whole.
 *
 * @param digits 8 to 64 lower-case hex digits
 */
public record Checksum(String digits) {
  private static final int WHOLE = 64;
  private static final Pattern FORM = Pattern.compile("(?:sha256:)?([0-9a-fA-F]{8,64})");

  /**
   * @throws InvalidInputException if these are not 8 to 64 hex digits
   */
  public Checksum {
    digits = digits(digits);
  }

  /**
   * Reads {@code sha256:} and digits, or digits alone.
   *
   * @throws InvalidInputException if it is neither
   */
  @JsonCreator
  public static Checksum parse(String text) {
    return new Checksum(text);
  }

  private static String digits(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      throw new InvalidInputException(
          "checksum '"
              + text
              + "': expected a SHA-256 as 64 hex digits, or as at least the first 8 of them");
    }
    return matcher.group(1).toLowerCase(Locale.ROOT);
  }

  /** Whether {@code sha256}, 64 lower-case hex digits, begins with these. */
  public boolean matches(String sha256) {
    return sha256.startsWith(digits);
  }

  /** Whether these are all the digits there are. */
  public boolean isWhole() {
    return digits.length() == WHOLE;
  }

  @Override
  @JsonValue
  public String toString() {
    return "sha256:" + digits;
  }
}
