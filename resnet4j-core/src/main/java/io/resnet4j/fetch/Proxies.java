package io.resnet4j.fetch;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which proxy leads to an address: Java's own {@code -Dhttp.proxyHost} and {@code
 * -Dhttps.proxyHost} where they are set, else the variables that curl and its like read, {@code
 * http_proxy}, {@code https_proxy}, {@code all_proxy} and {@code no_proxy}, in lower or upper case.
 */
public final class Proxies extends ProxySelector {
  private static final int USUAL_PORT = 8080;

  private final @Nullable URI http;
  private final @Nullable URI https;
  private final List<String> exempt;

  private Proxies(@Nullable URI http, @Nullable URI https, List<String> exempt) {
    this.http = http;
    this.https = https;
    this.exempt = exempt;
  }

  /**
   * The proxies of {@code environment}.
   *
   * @throws InvalidInputException if a variable holds no http address
   */
  public static Proxies of(Map<String, String> environment) {
    String list = value(environment, "no_proxy").toLowerCase(Locale.ROOT);
    return new Proxies(
        proxy(environment, "http_proxy"),
        proxy(environment, "https_proxy"),
        List.of(list.strip().split("[,\\s]+")));
  }

  private static String value(Map<String, String> environment, String name) {
    String lower = environment.getOrDefault(name, "");
    return lower.isBlank() ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "") : lower;
  }

  private static @Nullable URI proxy(Map<String, String> environment, String name) {
    String text = value(environment, name).strip();
    if (text.isEmpty()) {
      text = value(environment, "all_proxy").strip();
    }
    if (text.isEmpty()) {
      return null;
    }
    try {
      URI uri = new URI(text.contains("://") ? text : "http://" + text);
      if ("http".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Told below, without the text: it may hold a password.
    }
    throw new InvalidInputException(
        name + ": not the address of an http proxy; expected http://host:port");
  }

  @Override
  public List<Proxy> select(URI address) {
    String scheme = address.getScheme().toLowerCase(Locale.ROOT);
    if (System.getProperty(scheme + ".proxyHost") != null) {
      return ProxySelector.getDefault().select(address);
    }
    @Nullable URI proxy = scheme.equals("https") ? https : http;
    if (proxy == null || exempt(address)) {
      return List.of(Proxy.NO_PROXY);
    }
    // Unresolved: the client looks it up, and so a wrong name is told as any other.
    return List.of(
        new Proxy(
            Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port(proxy))));
  }

  private static int port(URI proxy) {
    return proxy.getPort() < 0 ? USUAL_PORT : proxy.getPort();
  }

  private boolean exempt(URI address) {
    String host = address.getHost().toLowerCase(Locale.ROOT);
    String withPort = host + ":" + address.getPort();
    for (String each : exempt) {
      String domain = each.startsWith(".") ? each.substring(1) : each;
      if (each.equals("*")
          || (!domain.isEmpty()
              && (host.equals(domain) || withPort.equals(domain) || host.endsWith("." + domain)))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void connectFailed(URI address, SocketAddress proxy, IOException failure) {}

  /** Whether a variable names a user to the proxy. */
  public boolean hasPassword() {
    return (http != null && http.getUserInfo() != null)
        || (https != null && https.getUserInfo() != null);
  }

  /** Answers a proxy, and nobody else, with the user and password that stand in its variable. */
  Optional<Authenticator> authenticator() {
    return hasPassword() ? Optional.of(new ForProxy()) : Optional.empty();
  }

  private final class ForProxy extends Authenticator {
    @Override
    protected @Nullable PasswordAuthentication getPasswordAuthentication() {
      if (getRequestorType() != RequestorType.PROXY) {
        return null;
      }
      for (@Nullable URI proxy : new URI[] {http, https}) {
        if (proxy != null
            && proxy.getRawUserInfo() != null
            && proxy.getHost().equalsIgnoreCase(getRequestingHost())
            && port(proxy) == getRequestingPort()) {
          String[] parts = proxy.getRawUserInfo().split(":", 2);
          return new PasswordAuthentication(
              decode(parts[0]), decode(parts.length > 1 ? parts[1] : "").toCharArray());
        }
      }
      return null;
    }

    private static String decode(String text) {
      // A plus sign is itself here, unlike in a form.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
  }
}
