package io.resnet4j;

import java.util.Locale;

/**
 * What was asked for needs more native memory than the machine, or the control group that the
 * process runs in, has left. Nothing was allocated.
 */
public final class NotEnoughMemoryException extends InvalidInputException {
  private static final long serialVersionUID = 1L;

  private final long needed;
  private final long available;

  /**
   * Says how much is missing and what to do.
   *
   * @param needed bytes, at least
   * @param available bytes
   * @param remedy such as "use a smaller batch"
   */
  public NotEnoughMemoryException(long needed, long available, String remedy) {
    super(
        String.format(
            Locale.ROOT,
            "memory: the plan needs at least %,d MiB more, %,d MiB are available; %s",
            needed >> 20,
            available >> 20,
            remedy));
    this.needed = needed;
    this.available = available;
  }

  /** The same with a remedy from somebody who knows what was wanted. */
  public NotEnoughMemoryException with(String remedy) {
    NotEnoughMemoryException better = new NotEnoughMemoryException(needed, available, remedy);
    better.initCause(this);
    return better;
  }
}
