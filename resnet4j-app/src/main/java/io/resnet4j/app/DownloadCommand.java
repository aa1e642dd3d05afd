package io.resnet4j.app;

import io.resnet4j.CacheFolder;
import io.resnet4j.InvalidInputException;
import io.resnet4j.fetch.Catalogue;
import io.resnet4j.fetch.Checksum;
import io.resnet4j.fetch.FetchOptions;
import io.resnet4j.fetch.FetchedData;
import io.resnet4j.fetch.FetchedFile;
import io.resnet4j.fetch.FetchedWeights;
import io.resnet4j.fetch.Fetcher;
import io.resnet4j.fetch.PublishedData;
import io.resnet4j.fetch.PublishedFile;
import io.resnet4j.fetch.PublishedWeights;
import io.resnet4j.model.ShippedWeights;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code download}. */
@picocli.CommandLine.Command(
    description =
        "Fetches data sets and trained weights from where they are published, checks them and keeps"
            + " them in $RESNET4J_CACHE (default: ~/.cache/resnet4j). What is there is used; what was"
            + " broken off goes on. Proxies come from http_proxy, https_proxy and no_proxy, or from"
            + " Java's http.proxyHost.")
final class DownloadCommand extends Command {
  private static final String WEIGHTS = "weights:";
  private static final String STOPPING =
      "stopping; what has arrived is kept, and the same command goes on from there";

  /** Java keeps passwords from proxies of https unless this is emptied. */
  private static final String TUNNELING = "jdk.http.auth.tunneling.disabledSchemes";

  @Parameters(
      paramLabel = "WHAT",
      arity = "0..*",
      description =
          "cifar10, cifar100, mnist, weights:NAME (such as weights:resnet50, or weights:resnet50.v1"
              + " for torchvision's first), or weights:ADDRESS for any file on the web.")
  private List<String> what = new ArrayList<>();

  @Option(names = "--list", description = "Show what can be fetched by name, and do nothing else.")
  private boolean list;

  @Option(names = "--offline", description = "Use what is in the cache; fail where it is not.")
  private boolean offline;

  @Option(
      names = "--sha256",
      paramLabel = "HEX",
      description = "With weights:ADDRESS: what the file's SHA-256 is, or begins with.")
  private @Nullable String sha256;

  @Option(
      names = "--unverified",
      description = "Accept files of which no published checksum is known.")
  private boolean unverified;

  @Option(names = "--cache", paramLabel = "DIR", description = "Where to keep files.")
  private @Nullable Path cache;

  @Option(
      names = "--mirror",
      paramLabel = "ADDRESS",
      description =
          "A folder on the web that holds the files under their own names, in place of the official"
              + " addresses. Checksums stay the same.")
  private @Nullable URI mirror;

  @Option(names = "--json", description = "A line of JSON for each, or one array with --list.")
  private boolean json;

  @Override
  int run(Console console) {
    Catalogue catalogue = Catalogue.standard();
    if (list) {
      console.result(json ? Json.line(trees(catalogue)) : table(catalogue));
      return Main.OK;
    }
    check(catalogue);
    FetchOptions options = options();
    try (Interruption interruption = Interruption.handled(console, STOPPING);
        FetchDisplay display = new FetchDisplay(console)) {
      interruption.stopBy(Thread.currentThread()::interrupt);
      Fetcher fetcher = new Fetcher(catalogue, options, display);
      for (String each : what) {
        console.result(fetch(each, fetcher, console));
      }
      return Main.OK;
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof InterruptedIOException) {
        return Main.INTERRUPTED;
      }
      throw e;
    }
  }

  /** Everything that needs no network is told before it is used. */
  private void check(Catalogue catalogue) {
    if (what.isEmpty()) {
      throw new InvalidInputException(
          "download: nothing named; expected cifar10, cifar100, mnist or weights:NAME ('download"
              + " --list' shows all)");
    }
    for (String each : what) {
      if (!each.startsWith(WEIGHTS)) {
        catalogue.data(each);
      } else if (isAddress(each)) {
        published(each);
      } else {
        catalogue.weights(name(each));
      }
    }
    if (sha256 != null && (what.size() != 1 || !isAddress(what.get(0)))) {
      throw new InvalidInputException(
          "--sha256: only with one weights:ADDRESS; the checksums of what has a name are known");
    }
  }

  private FetchOptions options() {
    Map<String, String> environment = System.getenv();
    Path folder = cache == null ? CacheFolder.of(environment) : cache;
    FetchOptions options =
        FetchOptions.of(folder, environment)
            .withOffline(offline)
            .withUnverified(unverified)
            .withMirror(mirror);
    if (options.proxies().hasPassword() && System.getProperty(TUNNELING) == null) {
      System.setProperty(TUNNELING, "");
    }
    return options;
  }

  private static boolean isAddress(String each) {
    return each.startsWith(WEIGHTS) && each.contains("://");
  }

  private static String name(String each) {
    return each.substring(WEIGHTS.length());
  }

  private PublishedFile published(String each) {
    return PublishedFile.at(name(each), sha256 == null ? null : Checksum.parse(sha256));
  }

  private String fetch(String each, Fetcher fetcher, Console console) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("what", each);
    if (!each.startsWith(WEIGHTS)) {
      FetchedData fetched = fetcher.data(each);
      tree.put("data", fetched.argument());
      tree.put("cached", fetched.cached());
      tree.put("files", fetched.files().stream().map(DownloadCommand::tree).toList());
      return json ? Json.line(tree) : "--data " + fetched.argument();
    }
    if (isAddress(each)) {
      FetchedFile fetched = fetcher.file(published(each));
      tree.putAll(tree(fetched));
      return json ? Json.line(tree) : fetched.path().toString();
    }
    FetchedWeights fetched = fetcher.weights(name(each));
    String words = words(fetched, console);
    tree.putAll(tree(fetched.file()));
    tree.put("name", fetched.weights().name());
    tree.put("network", fetched.weights().model());
    tree.put("description", fetched.description().toString());
    tree.put("model", fetched.model().map(Path::toString).orElse(null));
    return json ? Json.line(tree) : words;
  }

  private static Map<String, Object> tree(FetchedFile file) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("file", file.path().toString());
    tree.put("bytes", file.bytes());
    tree.put("sha256", file.sha256());
    tree.put("verified", file.verified());
    tree.put("cached", file.cached());
    return tree;
  }

  private static String words(FetchedWeights fetched, Console console) {
    PublishedWeights weights = fetched.weights();
    console.info(weights.source() + "; licence: " + weights.licence());
    if (!weights.interpolation().equals("bilinear")) {
      console.info(
          weights.name()
              + ": its publisher resizes pictures "
              + weights.interpolation()
              + "; here it is done bilinear, so the accuracy may differ a little");
    }
    if (fetched.model().isPresent()) {
      return "--weights " + fetched.model().get();
    }
    console.info(
        weights.name()
            + ": kept as it is published, with classes and preprocessing in "
            + fetched.description());
    return fetched.file().path().toString();
  }

  private static Map<String, Object> trees(Catalogue catalogue) {
    Map<String, Object> all = new LinkedHashMap<>();
    List<Object> data = new ArrayList<>();
    for (PublishedData each : catalogue.data()) {
      Map<String, Object> tree = new LinkedHashMap<>();
      tree.put("name", each.name());
      tree.put("title", each.title());
      tree.put("page", each.page());
      tree.put("files", each.files());
      data.add(tree);
    }
    List<Object> weights = new ArrayList<>();
    for (PublishedWeights each : catalogue.weights()) {
      Map<String, Object> tree = new LinkedHashMap<>();
      tree.put("name", WEIGHTS + each.name());
      tree.put("standard", each.standard());
      tree.put("network", each.model());
      tree.put("file", each.file());
      tree.put("top1", each.top1());
      tree.put("top5", each.top5());
      tree.put("source", each.source());
      tree.put("licence", each.licence());
      weights.add(tree);
    }
    all.put("data", data);
    all.put("weights", weights);
    all.put("shipped", shipped());
    return all;
  }

  private static List<String> shipped() {
    return ShippedWeights.names().stream().map(name -> ShippedWeights.PREFIX + name).toList();
  }

  private static String table(Catalogue catalogue) {
    TextTable data = new TextTable("ll");
    catalogue.data().forEach(each -> data.row(each.name(), each.title()));
    TextTable weights = new TextTable("lrlll");
    weights.row("weights", "top-1", "pictures", "checksum", "source");
    for (PublishedWeights each : catalogue.weights()) {
      @Nullable Checksum checksum = each.file().checksum();
      weights.row(
          WEIGHTS + each.name() + (each.standard() ? " *" : ""),
          each.top1() == null ? Text.NONE : String.format(Locale.ROOT, "%.2f %%", each.top1()),
          each.preprocessing().width() + ", " + each.interpolation(),
          checksum == null ? "none (--unverified)" : checksum.digits(),
          each.source());
    }
    String end = System.lineSeparator();
    return data
        + end
        + end
        + weights
        + end
        + "* what weights:NETWORK means, such as weights:resnet50; top-1 as published, on ImageNet"
        + end
        + end
        + "trained here, and there without a download: "
        + String.join(", ", shipped());
  }
}
