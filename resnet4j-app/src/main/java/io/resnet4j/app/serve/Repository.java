package io.resnet4j.app.serve;

import io.resnet4j.InvalidInputException;
import io.resnet4j.Nearest;
import io.resnet4j.NotEnoughMemoryException;
import io.resnet4j.infer.BatchLimits;
import io.resnet4j.infer.Predictor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The models that are served: those of one file, or of a folder laid out as {@code
 * NAME/VERSION/model.safetensors}. A thread looks for changes; a file that has just changed is left
 * alone until it holds still, and one that cannot be loaded leaves what was served before in its
 * place. A version that is replaced ends when its last request has.
 */
public final class Repository implements AutoCloseable {
  /** The file in a version's folder. */
  static final String FILE = "model.safetensors";

  private static final int MISSED_SCANS = 2;

  /** Looks between two attempts that fail for want of memory and the like: at most so many. */
  private static final int LONGEST_PAUSE = 256;

  private final Function<Path, Predictor> opener;
  private final BatchLimits limits;
  private final Metrics metrics = new Metrics();
  private final Consumer<String> log;
  private final ModelFiles files;
  private final LongSupplier clock;

  /** One network computes at a time. */
  private final ReentrantLock turns = new ReentrantLock(true);

  /** Replaced whole, so that a request sees one state. */
  private final Map<String, Map<Integer, ServedModel>> served = new ConcurrentHashMap<>();

  /** Guarded by this, as are loads. */
  private final Map<String, Map<Integer, Entry>> entries = new TreeMap<>();

  private final Set<String> oddNames = new TreeSet<>();
  private boolean closed;

  private @Nullable Thread watcher;

  private Repository(
      ModelFiles files,
      Function<Path, Predictor> opener,
      BatchLimits limits,
      Consumer<String> log,
      LongSupplier clock) {
    this.files = files;
    this.clock = clock;
    this.opener = opener;
    this.limits = limits;
    this.log = log;
    metrics.gauge(
        "resnet4j_queue_pictures",
        "Pictures that wait for a batch.",
        "model",
        callback ->
            served.forEach(
                (name, versions) ->
                    callback.call(
                        versions.values().stream().mapToInt(ServedModel::waiting).sum(), name)));
  }

  /**
   * Serves one file as version 1 of {@code name}; reads it at once.
   *
   * @param opener makes a predictor of a file
   * @param log gets a line for each model loaded, refused or ended
   * @throws InvalidInputException if it cannot be loaded
   */
  public static Repository ofFile(
      String name,
      Path file,
      Function<Path, Predictor> opener,
      BatchLimits limits,
      Consumer<String> log) {
    ModelFiles.requireName(name);
    Repository repository =
        new Repository(ModelFiles.one(name, file), opener, limits, log, System::currentTimeMillis);
    try {
      repository.load(name);
      return repository;
    } catch (RuntimeException | Error e) {
      repository.close();
      throw e;
    }
  }

  /**
   * Serves what lies in {@code folder}; models that cannot be loaded are told to {@code log} and do
   * not keep others from being served.
   *
   * @throws InvalidInputException if there is no such folder
   */
  public static Repository ofFolder(
      Path folder, Function<Path, Predictor> opener, BatchLimits limits, Consumer<String> log) {
    return ofFolder(folder, opener, limits, log, System::currentTimeMillis);
  }

  /** The same with a clock of one's own, in milliseconds since 1970. */
  static Repository ofFolder(
      Path folder,
      Function<Path, Predictor> opener,
      BatchLimits limits,
      Consumer<String> log,
      LongSupplier clock) {
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(
          "--models "
              + folder
              + ": no such folder; make it, with models as NAME/VERSION/"
              + FILE
              + " in it");
    }
    Repository repository = new Repository(ModelFiles.folder(folder), opener, limits, log, clock);
    repository.scan();
    return repository;
  }

  /** Looks for changes at this interval, until closed. */
  public void watch(Duration every) {
    Thread thread =
        new Thread(
            () -> {
              while (!isClosed()) {
                try {
                  Thread.sleep(every.toMillis());
                  scan();
                } catch (InterruptedException e) {
                  return;
                } catch (RuntimeException | Error e) {
                  log.accept("models: " + e + "; looking again");
                }
              }
            },
            "resnet4j-models");
    thread.setDaemon(true);
    synchronized (this) {
      watcher = thread;
    }
    thread.start();
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  Metrics metrics() {
    return metrics;
  }

  ReentrantLock turns() {
    return turns;
  }

  /** Whether anything can be answered. */
  boolean ready() {
    return served.values().stream().anyMatch(versions -> !versions.isEmpty());
  }

  Set<String> names() {
    return new TreeSet<>(served.keySet());
  }

  /** The versions of a model that are served, in order. */
  List<String> versions(String name) {
    return served.getOrDefault(name, Map.of()).keySet().stream()
        .sorted()
        .map(version -> Integer.toString(version))
        .toList();
  }

  /**
   * Leases a model; the caller gives it back with {@link ServedModel#release}.
   *
   * @param version empty for the latest
   * @throws HttpError if there is none
   */
  ServedModel lease(String name, String version) {
    while (true) {
      Map<Integer, ServedModel> versions = served.getOrDefault(name, Map.of());
      if (versions.isEmpty()) {
        throw new HttpError(
            404,
            "model '"
                + shorten(name)
                + "' is not served"
                + Nearest.suggestion(shorten(name), names())
                + "; served are "
                + names()
                + ", and POST /v2/repository/index says why others are not");
      }
      ServedModel model =
          version.isEmpty()
              ? versions.get(versions.keySet().stream().max(Comparator.naturalOrder()).get())
              : ModelFiles.version(version).map(versions::get).orElse(null);
      if (model == null) {
        throw new HttpError(
            404,
            "model '"
                + name
                + "' has no version '"
                + shorten(version)
                + "'; served are "
                + versions(name)
                + ", and POST /v2/repository/index says why others are not");
      }
      // A model that ended between the look and the lease has been replaced: look again.
      if (model.lease()) {
        return model;
      }
    }
  }

  /**
   * Does {@code action} with a leased model, which is given back when the future is done, however
   * it ends, and also if the action throws.
   *
   * @throws HttpError as {@link #lease}
   */
  <T> CompletableFuture<T> leased(
      String name, String version, Function<ServedModel, CompletableFuture<T>> action) {
    ServedModel model = lease(name, version);
    CompletableFuture<T> done;
    try {
      done = action.apply(model);
    } catch (RuntimeException | Error e) {
      done = CompletableFuture.failedFuture(e);
    }
    return done.whenComplete((result, failure) -> model.release());
  }

  /** The one name that is served, for requests that name none. */
  String onlyName() {
    Set<String> names = names();
    if (names.size() == 1) {
      return names.iterator().next();
    }
    throw new HttpError(
        names.isEmpty() ? 503 : 400,
        names.isEmpty()
            ? "no model is ready; try again later"
            : "several models are served: say which with ?model=NAME; there are " + names);
  }

  static String shorten(String text) {
    String printable = text.replaceAll("[^ -~]", "?");
    return printable.length() <= 64 ? printable : printable.substring(0, 61) + "...";
  }

  /** What is known of every version, served or not. */
  synchronized List<Map<String, Object>> index() {
    List<Map<String, Object>> all = new ArrayList<>();
    entries.forEach(
        (name, versions) ->
            versions.forEach(
                (version, entry) ->
                    all.add(
                        Map.of(
                            "name",
                            name,
                            "version",
                            Integer.toString(version),
                            "state",
                            served.getOrDefault(name, Map.of()).containsKey(version)
                                ? "READY"
                                : "UNAVAILABLE",
                            "reason",
                            entry.reason))));
    return all;
  }

  /** Looks for new, changed and removed files and acts on them. */
  synchronized void scan() {
    if (closed) {
      return;
    }
    Map<String, Map<Integer, Path>> found;
    try {
      found = files.find(odd -> oddNames.add(odd) ? log : line -> {});
    } catch (IOException e) {
      log.accept("models: " + e + "; what is served stays");
      return;
    }
    found.forEach(
        (name, versions) ->
            versions.forEach(
                (version, file) -> {
                  Entry entry = entry(name, version);
                  entry.missed = 0;
                  Stamp now = Stamp.of(file);
                  if (entry.unloaded || now.equals(entry.tried) && !entry.again()) {
                    return;
                  }
                  if (!now.settled(clock.getAsLong())) {
                    entry.reason = "its file is being written";
                    return;
                  }
                  tryLoad(name, version, file, entry);
                }));
    entries.forEach(
        (name, versions) ->
            versions
                .entrySet()
                .removeIf(
                    each -> {
                      boolean there = found.getOrDefault(name, Map.of()).containsKey(each.getKey());
                      if (there || ++each.getValue().missed < MISSED_SCANS) {
                        return false;
                      }
                      retire(name, each.getKey(), "its file is gone");
                      return true;
                    }));
    entries.values().removeIf(Map::isEmpty);
  }

  private Entry entry(String name, int version) {
    return entries
        .computeIfAbsent(name, n -> new TreeMap<>())
        .computeIfAbsent(version, v -> new Entry());
  }

  /**
   * Loads every version of a model anew, whether its file has changed or not; one that cannot be
   * loaded does not keep others from it.
   *
   * @throws InvalidInputException if there is none, or one cannot be loaded; what was served is
   *     served on
   */
  synchronized void load(String name) {
    requireOpen();
    Map<Integer, Path> versions;
    try {
      versions = files.find(odd -> line -> {}).getOrDefault(name, Map.of());
    } catch (IOException e) {
      throw new InvalidInputException("model '" + shorten(name) + "': " + e, e);
    }
    if (versions.isEmpty()) {
      throw new InvalidInputException(
          "model '" + shorten(name) + "': there is no " + files.where(shorten(name)));
    }
    List<Throwable> failures = new ArrayList<>();
    versions.forEach(
        (version, file) -> {
          Entry entry = entry(name, version);
          entry.unloaded = false;
          @Nullable Throwable failure = tryLoad(name, version, file, entry);
          if (failure != null) {
            failures.add(failure);
          }
        });
    throwAll(failures);
  }

  /** Faults of the server's own come first, then what is wrong with the files, all of it. */
  private static void throwAll(List<Throwable> failures) {
    for (Throwable failure : failures) {
      if (failure instanceof Error error) {
        throw error;
      }
      if (!(failure instanceof InvalidInputException)) {
        throw (RuntimeException) failure;
      }
    }
    if (!failures.isEmpty()) {
      throw new InvalidInputException(
          failures.stream().map(Throwable::getMessage).collect(Collectors.joining("; ")),
          failures.get(0));
    }
  }

  /** Serves a model no longer, until {@link #load}. */
  synchronized void unload(String name) {
    requireOpen();
    Map<Integer, Entry> versions = entries.getOrDefault(name, Map.of());
    if (versions.isEmpty()) {
      throw new HttpError(404, "model '" + shorten(name) + "' is not known; there are " + names());
    }
    versions.forEach(
        (version, entry) -> {
          entry.unloaded = true;
          entry.reason = "unloaded by request";
          retire(name, version, entry.reason);
        });
  }

  private void requireOpen() {
    if (closed) {
      throw new HttpError(503, "the server is stopping");
    }
  }

  private @Nullable Throwable tryLoad(String name, int version, Path file, Entry entry) {
    Stamp before = Stamp.of(file);
    entry.tried = before;
    try {
      Predictor predictor = opener.apply(file);
      if (!Stamp.of(file).equals(before)) {
        predictor.close();
        entry.tried = null;
        throw new InvalidInputException(file + ": changed while it was read");
      }
      ServedModel model =
          ServedModel.open(name, Integer.toString(version), predictor, limits, turns, metrics);
      Map<Integer, ServedModel> versions = new TreeMap<>(served.getOrDefault(name, Map.of()));
      @Nullable ServedModel old = versions.put(version, model);
      served.put(name, Map.copyOf(versions));
      entry.reason = "";
      entry.pause = 0;
      metrics.loaded(name, true);
      log.accept("model " + name + " version " + version + ": serving " + file);
      if (old != null) {
        old.release();
      }
      return null;
    } catch (RuntimeException | Error e) {
      boolean still = served.getOrDefault(name, Map.of()).containsKey(version);
      entry.reason = e instanceof InvalidInputException ? e.getMessage() : e.toString();
      if (isTheMachines(e)) {
        entry.tryLater();
      } else {
        entry.pause = 0;
      }
      metrics.loaded(name, false);
      log.accept(
          "model "
              + name
              + " version "
              + version
              + (still ? ": not reloaded, the one before is served on: " : ": not served: ")
              + entry.reason);
      return e;
    }
  }

  /** Whether a failure may pass while the file stays as it is. */
  private static boolean isTheMachines(Throwable e) {
    return e instanceof Error
        || e instanceof NotEnoughMemoryException
        || e instanceof UncheckedIOException;
  }

  private void retire(String name, int version, String why) {
    Map<Integer, ServedModel> versions = new TreeMap<>(served.getOrDefault(name, Map.of()));
    @Nullable ServedModel old = versions.remove(version);
    if (old == null) {
      return;
    }
    if (versions.isEmpty()) {
      served.remove(name);
    } else {
      served.put(name, Map.copyOf(versions));
    }
    log.accept("model " + name + " version " + version + ": ended, " + why);
    old.release();
  }

  /** Ends every model; requests that still hold a lease keep theirs alive. */
  @Override
  public synchronized void close() {
    closed = true;
    if (watcher != null) {
      watcher.interrupt();
    }
    List.copyOf(served.keySet())
        .forEach(
            name ->
                List.copyOf(served.get(name).keySet())
                    .forEach(version -> retire(name, version, "the server stops")));
  }

  /** What is known of a version's file. */
  private static final class Entry {
    /** Of the last attempt to load, good or bad. */
    private @Nullable Stamp tried;

    private int missed;
    private boolean unloaded;
    private String reason = "";

    /** Looks between this attempt and the next of the same file; 0 for no further attempt. */
    private int pause;

    private int paused;

    /** What failed for the machine's reasons may succeed later; each pause is twice as long. */
    void tryLater() {
      pause = Math.min(LONGEST_PAUSE, Math.max(1, 2 * pause));
      paused = 0;
      reason += "; it is tried again later";
    }

    /** Whether this look is the one to try the same file again. */
    boolean again() {
      return pause > 0 && ++paused >= pause;
    }
  }
}
