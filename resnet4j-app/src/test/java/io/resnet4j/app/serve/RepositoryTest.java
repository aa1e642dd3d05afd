package io.resnet4j.app.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.NotEnoughMemoryException;
import io.resnet4j.infer.Predictor;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.FloatBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Folders of models that change. */
@Timeout(120)
class RepositoryTest {
  @TempDir private Path folder;
  private final List<String> log = new ArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private Repository repository() {
    Repository repository =
        Repository.ofFolder(folder, TestServer.OPENER, TestServer.LIMITS, log::add);
    open.add(repository);
    return repository;
  }

  private Path file(String name, int version) {
    return folder.resolve(name).resolve(Integer.toString(version)).resolve(Repository.FILE);
  }

  /** Written long ago, so that it need not hold still first. */
  private Path put(String name, int version, long seed) throws Exception {
    Path file = file(name, version);
    Files.createDirectories(file.getParent());
    TestServer.model(seed).save(file);
    return old(file);
  }

  private static Path old(Path file) throws Exception {
    return Files.setLastModifiedTime(
        file, FileTime.fromMillis(1_000_000_000_000L + file.hashCode()));
  }

  private static String latest(Repository repository, String name) {
    ServedModel model = repository.lease(name, "");
    model.release();
    return model.version();
  }

  @Test
  void newVersionsAreServedAndRemovedOnesEnd() throws Exception {
    put("a", 2, 1);
    put("b", 1, 1);
    Repository repository = repository();
    assertEquals("[a, b]", repository.names().toString());
    put("a", 10, 2);
    repository.scan();
    assertEquals(List.of("2", "10"), repository.versions("a"));
    assertEquals("10", latest(repository, "a"));
    Files.delete(file("a", 10));
    repository.scan();
    assertEquals("10", latest(repository, "a"), "one look may fall between two renames");
    repository.scan();
    assertEquals("2", latest(repository, "a"));
    Files.delete(file("b", 1));
    repository.scan();
    repository.scan();
    HttpError gone = assertThrows(HttpError.class, () -> repository.lease("b", ""));
    assertEquals(404, gone.status());
  }

  @Test
  void whatIsHalfCopiedIsNotServedUntilItIsWhole() throws Exception {
    put("a", 1, 1);
    Path whole = put("spare", 1, 2);
    byte[] bytes = Files.readAllBytes(whole);
    Repository repository = repository();
    Path half = file("a", 2);
    Files.createDirectories(half.getParent());
    repository.scan();
    assertTrue(log.toString().contains("a/2: not served: it holds no model.safetensors yet"));
    Files.write(half, Arrays.copyOf(bytes, bytes.length / 2));
    repository.scan();
    assertEquals("1", latest(repository, "a"), "it changed a moment ago");
    old(half);
    repository.scan();
    assertEquals("1", latest(repository, "a"), "it is truncated");
    assertTrue(log.toString().contains("model a version 2: not served:"), log.toString());
    assertTrue(repository.index().toString().contains("UNAVAILABLE"));
    Files.write(half, bytes);
    old(half);
    Files.setLastModifiedTime(half, FileTime.fromMillis(1_100_000_000_000L));
    repository.scan();
    assertEquals("2", latest(repository, "a"));
  }

  /** Two looks a second apart see the same file, which yet may be half of one. */
  @Test
  void aFileMustHoldStillForTwoSeconds() throws Exception {
    Path file = put("a", 1, 1);
    AtomicLong now = new AtomicLong(Files.getLastModifiedTime(file).toMillis() + 500);
    Repository repository =
        Repository.ofFolder(folder, TestServer.OPENER, TestServer.LIMITS, log::add, now::get);
    open.add(repository);
    now.addAndGet(1000);
    repository.scan();
    assertFalse(repository.ready());
    assertTrue(repository.index().toString().contains("being written"));
    now.addAndGet(1000);
    repository.scan();
    assertTrue(repository.ready());
  }

  /** Such as too little memory while the version before is still there. */
  @Test
  void whatFailsForTheMachinesReasonsIsToldAndTriedAgain() throws Exception {
    put("a", 1, 1);
    List<Throwable> failures =
        new ArrayList<>(
            List.of(
                new OutOfMemoryError("first"),
                new NoClassDefFoundError("second"),
                new NotEnoughMemoryException(2 << 20, 1 << 20, "use a smaller batch"),
                new UncheckedIOException(new FileSystemException("a", null, "Too many open files")),
                new OutOfMemoryError("last")));
    AtomicInteger look = new AtomicInteger();
    List<Integer> tried = new ArrayList<>();
    Repository repository =
        Repository.ofFolder(
            folder,
            file -> {
              tried.add(look.get());
              if (failures.isEmpty()) {
                return TestServer.OPENER.apply(file);
              }
              Throwable failure = failures.remove(0);
              if (failure instanceof Error error) {
                throw error;
              }
              throw (RuntimeException) failure;
            },
            TestServer.LIMITS,
            log::add);
    open.add(repository);
    assertTrue(log.toString().contains("not served: java.lang.OutOfMemoryError: first"));
    while (look.incrementAndGet() < 40) {
      assertFalse(look.get() < 31 && repository.ready());
      assertEquals(look.get() <= 31, repository.index().toString().contains("tried again later"));
      repository.scan();
    }
    // After one look, then after two, then after four, and so on.
    assertEquals(List.of(0, 1, 3, 7, 15, 31), tried);
    assertTrue(repository.ready());
  }

  @Test
  void aVersionThatCannotBeLoadedKeepsNoOtherFromIt() throws Exception {
    Path first = put("a", 1, 1);
    put("a", 2, 1);
    Path third = put("a", 3, 1);
    for (Path bad : List.of(first, third)) {
      Files.write(bad, new byte[] {1, 2, 3});
      old(bad);
    }
    Repository repository = repository();
    repository.unload("a");
    InvalidInputException said =
        assertThrows(InvalidInputException.class, () -> repository.load("a"));
    assertTrue(
        said.getMessage().contains(first.toString())
            && said.getMessage().contains(third.toString()),
        said.getMessage());
    assertEquals(List.of("2"), repository.versions("a"));
  }

  @Test
  void aReplacementThatCannotBeLoadedLeavesTheOneBefore() throws Exception {
    Path file = put("a", 1, 1);
    Repository repository = repository();
    Files.write(file, new byte[] {1, 2, 3});
    old(file);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_200_000_000_000L));
    repository.scan();
    assertEquals("1", latest(repository, "a"));
    assertTrue(log.toString().contains("the one before is served on"), log.toString());
    assertThrows(InvalidInputException.class, () -> repository.load("a"));
    assertEquals("1", latest(repository, "a"));
  }

  @Test
  void unloadedModelsStayAwayUntilTheyAreAskedFor() throws Exception {
    put("a", 1, 1);
    Repository repository = repository();
    repository.unload("a");
    repository.scan();
    assertFalse(repository.ready());
    repository.load("a");
    assertTrue(repository.ready());
  }

  @Test
  void namesNeverBecomePaths() throws Exception {
    put("a", 1, 1);
    Repository repository = repository();
    for (String name : List.of("../a", "a/1", "..", ".", "", "a\0", "A".repeat(5000))) {
      assertThrows(HttpError.class, () -> repository.lease(name, ""));
      assertThrows(InvalidInputException.class, () -> repository.load(name));
    }
    for (String version : List.of("../1", "01", "-1", "99999999999", "1.0")) {
      assertThrows(HttpError.class, () -> repository.lease("a", version));
    }
    Files.createDirectories(folder.resolve("bad name").resolve("1"));
    repository.scan();
    assertTrue(log.toString().contains("has no name for a model"), log.toString());
  }

  @Test
  void whatIsHalfCopiedIsNotFoundAndTheIndexSaysWhy() throws Exception {
    put("tiny", 1, 1);
    Path half = put("tiny", 2, 2);
    Files.write(half, Arrays.copyOf(Files.readAllBytes(half), 700));
    old(half);
    TestServer server = new TestServer(repository(), ServeOptions.defaults());
    open.add(0, server);
    String error = server.json(server.get("/v2/models/tiny/versions/2"), 404).get("error").asText();
    assertTrue(error.contains("has no version '2'") && error.contains("index"), error);
    String index = server.json(server.post("/v2/repository/index", new byte[0]), 200).toString();
    assertTrue(index.contains("UNAVAILABLE") && index.contains("cut short"), index);
    server.json(server.post("/v2/repository/models/tiny/load", new byte[0]), 400);
    server.inferBinary(TestServer.images(1), 1);
  }

  /** A request that fails must not keep a retired model in memory. */
  @Test
  void badRequestsHoldNoModel() throws Exception {
    put("tiny", 1, 1);
    List<Predictor> opened = new ArrayList<>();
    Repository repository =
        Repository.ofFolder(
            folder,
            file -> {
              Predictor predictor = TestServer.OPENER.apply(file);
              opened.add(predictor);
              return predictor;
            },
            TestServer.LIMITS,
            log::add);
    open.add(repository);
    TestServer server = new TestServer(repository, ServeOptions.defaults());
    open.add(0, server);
    byte[] form = Arrays.copyOf(TestServer.form(TestServer.png(40, 40)), 200);
    String type = "multipart/form-data; boundary=xyz";
    server.json(server.post("/predict", form, "Content-Type", type), 400);
    server.json(server.post("/predict", new byte[5]), 400);
    server.json(server.post("/v2/models/tiny/infer", new byte[5]), 400);
    repository.unload("tiny");
    Predictor retired = opened.get(0);
    float[] image = TestServer.images(1);
    TestServer.await(
        () -> {
          try {
            retired.logits(FloatBuffer.wrap(image), 1);
            return false;
          } catch (IllegalStateException closed) {
            return true;
          }
        },
        "the retired model closed");
  }

  /** tools/proofs/7-serve-reload does this a thousand times with a fast network. */
  @Test
  void reloadsUnderLoadFailNoRequest() throws Exception {
    Path file = put("tiny", 1, 1);
    TestServer server = new TestServer(repository(), ServeOptions.defaults());
    open.add(0, server);
    Path spare = put("spare", 1, 2);
    AtomicBoolean over = new AtomicBoolean();
    ExecutorService clients = Executors.newFixedThreadPool(3);
    try {
      List<Future<Integer>> answered = new ArrayList<>();
      float[] images = TestServer.images(1);
      for (int i = 0; i < 3; i++) {
        answered.add(
            clients.submit(
                () -> {
                  int good = 0;
                  while (!over.get()) {
                    server.inferBinary(images, 1);
                    good++;
                  }
                  return good;
                }));
      }
      for (int i = 0; i < 15; i++) {
        Path aside = file.resolveSibling("next");
        Files.copy(i % 2 == 0 ? spare : file, aside, StandardCopyOption.REPLACE_EXISTING);
        Files.move(
            aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        HttpResponse<byte[]> loaded = server.post("/v2/repository/models/tiny/load", new byte[0]);
        assertEquals(200, loaded.statusCode());
      }
      over.set(true);
      int all = 0;
      for (Future<Integer> each : answered) {
        all += each.get(TestServer.PATIENCE, TimeUnit.SECONDS);
      }
      assertTrue(all > 0);
    } finally {
      over.set(true);
      clients.shutdownNow();
    }
    assertTrue(server.metrics().contains("resnet4j_failures_total 0"));
  }
}
