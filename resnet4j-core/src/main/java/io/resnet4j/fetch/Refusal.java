package io.resnet4j.fetch;

import java.io.IOException;

/** An address does not give the file, and asking again would not change that. */
final class Refusal extends IOException {
  private static final long serialVersionUID = 1L;

  Refusal(String message) {
    super(message);
  }
}
