package io.resnet4j.app.serve;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names that requests may call the server by. A page elsewhere can give its own name this
 * machine's address, and a browser then takes the server for the page's own site (DNS rebinding);
 * only the name in the header Host still tells. An address is no such name.
 */
final class HostNames {
  /** Of digits and dots alone a browser makes an address, in brackets it is one. */
  private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[[0-9A-Fa-f:.%]+\\]");

  private static final Pattern SCHEME = Pattern.compile("^https?://");
  private static final Pattern PORT = Pattern.compile(":[0-9]*$");

  private final boolean any;
  private final Set<String> given = new TreeSet<>();
  private final Set<String> known = new TreeSet<>();

  private HostNames(boolean any) {
    this.any = any;
  }

  /** Checked where only this machine reaches the server, and where names are given. */
  static HostNames of(ServeOptions options) {
    Set<String> allowed = options.allowed().hosts();
    HostNames names = new HostNames(allowed.isEmpty() && !options.loopback());
    names.known.add("localhost");
    names.known.add(options.host().toLowerCase(Locale.ROOT));
    allowed.forEach(name -> names.given.add(name.toLowerCase(Locale.ROOT)));
    names.known.addAll(names.given);
    return names;
  }

  /**
   * @param header with or without a port; null, as from old programs, is no browser's
   */
  boolean allow(@Nullable String header) {
    if (any || header == null) {
      return true;
    }
    String name = withoutPort(header);
    return ADDRESS.matcher(name).matches() || known.contains(name);
  }

  /**
   * Whether a page may use the server: one of its own, or of a name that it was told to go by, as
   * when a proxy stands before it.
   *
   * @param origin of the page, such as {@code https://shop.example}
   * @param host that the request calls the server by
   */
  boolean allowPage(String origin, @Nullable String host) {
    String site = SCHEME.matcher(origin).replaceFirst("");
    return site.equals(host) || given.contains(withoutPort(site));
  }

  private static String withoutPort(String header) {
    return PORT.matcher(header).replaceFirst("").toLowerCase(Locale.ROOT);
  }
}
