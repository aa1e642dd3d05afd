package io.resnet4j.fetch;

import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Locale;

/** Failures and quantities as messages say them. */
final class Words {
  private Words() {}

  static String seconds(Duration time) {
    return String.format(Locale.ROOT, "%.3g s", time.toMillis() / 1000.0);
  }

  static String bytes(long bytes) {
    return bytes < 1 << 20
        ? String.format(Locale.ROOT, "%,d bytes", bytes)
        : String.format(Locale.ROOT, "%,d MiB", bytes >> 20);
  }

  /** Why the network failed; the client's exceptions often have no message of their own. */
  static String failure(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof UnresolvedAddressException) {
        return "its name cannot be resolved";
      }
    }
    if (failure instanceof HttpConnectTimeoutException) {
      return "no connection in time";
    }
    if (failure instanceof HttpTimeoutException) {
      return "no answer in time";
    }
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return failure instanceof ConnectException
          ? "connection refused"
          : failure.getClass().getSimpleName();
    }
    return message;
  }
}
