package io.resnet4j;

/**
 * What the user gave cannot be used: a wrong option, an unknown name, a broken file, an impossible
 * shape. The message is one line that says where, what, what was expected and what to do; the
 * command line shows it and ends with exit status 2.
 */
public class InvalidInputException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** A mistake described by {@code message}. */
  public InvalidInputException(String message) {
    super(message);
  }

  /** A mistake described by {@code message} and noticed through {@code cause}. */
  public InvalidInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
