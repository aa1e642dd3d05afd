package io.resnet4j.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.resnet4j.InvalidInputException;
import io.resnet4j.random.KeyedRandom;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Downloads from a server that misbehaves in every way that servers do. */
@Timeout(180)
class DownloaderTest {
  private static final String PATH = "/files/weights.pth";
  private static final String ETAG = "\"one\"";
  private static final byte[] BYTES = bytes(300_000, 1);
  private static final byte[] OTHER = bytes(300_000, 2);

  @TempDir Path folder;
  private LocalServer server;
  private final List<String> notes = Collections.synchronizedList(new ArrayList<>());
  private final List<Long> alreadyThere = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    server = new LocalServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static byte[] bytes(int length, int seed) {
    KeyedRandom random = KeyedRandom.of(seed, "download");
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(PartFile.sha256().digest(bytes));
  }

  private FetchOptions options() {
    return FetchOptions.of(folder, Map.of())
        .withPatience(Duration.ofSeconds(5), Duration.ofMillis(700), 3, Duration.ofMillis(5));
  }

  private PublishedFile file(String... paths) {
    return new PublishedFile(
        "weights.pth",
        Arrays.stream(paths).map(server::address).toList(),
        null,
        new Checksum(sha256(BYTES)));
  }

  private FetchedFile fetch(PublishedFile file, FetchOptions options) {
    FetchListener listener =
        new FetchListener() {
          @Override
          public void started(String name, URI address, long already, long total) {
            alreadyThere.add(already);
          }

          @Override
          public void note(String line) {
            notes.add(line);
          }
        };
    return new Downloader(options, listener).fetch(file, folder);
  }

  private FetchedFile fetch() {
    return fetch(file(PATH), options());
  }

  private void requireWhole(FetchedFile fetched) throws IOException {
    assertArrayEquals(BYTES, Files.readAllBytes(fetched.path()));
    assertEquals(sha256(BYTES), fetched.sha256());
    assertEquals(BYTES.length, fetched.bytes());
    assertEquals(List.of("weights.pth"), visible(), "nothing else is left");
  }

  private List<String> visible() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(n -> !n.startsWith("."))
          .toList();
    }
  }

  private String failure(PublishedFile file) throws IOException {
    String message =
        assertThrows(UncheckedIOException.class, () -> fetch(file, options())).getMessage();
    assertFalse(Files.exists(folder.resolve("weights.pth")), message);
    return message;
  }

  @Test
  void aFileArrivesOnceAndIsThenTakenFromTheCache() throws IOException {
    server.on(PATH, LocalServer.ranged(BYTES, ETAG));
    FetchedFile first = fetch();
    requireWhole(first);
    assertTrue(first.verified());
    assertFalse(first.cached());
    assertTrue(fetch().cached());
    assertTrue(fetch(file(PATH), options().withOffline(true)).cached());
    assertEquals(1, server.requests().size());
  }

  @Test
  void aBrokenConnectionIsResumedWhereItBroke() throws IOException {
    server.on(PATH, LocalServer.begins(BYTES, 200_000, ETAG), LocalServer.ranged(BYTES, ETAG));
    requireWhole(fetch());
    LocalServer.Request second = server.requests().get(1);
    assertEquals(ETAG, second.ifRange());
    long from = Long.parseLong(second.range().replaceAll("\\D", ""));
    assertTrue(from > 0 && from <= 200_000, second.toString());
    assertEquals(List.of(0L, from), alreadyThere);
  }

  @Test
  void aLaterStartGoesOnWhereAnEarlierOneGaveUp() throws IOException {
    server.on(PATH, LocalServer.begins(BYTES, 150_000, ETAG), LocalServer.status(503));
    assertTrue(failure(file(PATH)).contains("503"));
    server.on(PATH, LocalServer.ranged(BYTES, ETAG));
    requireWhole(fetch());
    assertTrue(alreadyThere.get(alreadyThere.size() - 1) > 0, alreadyThere.toString());
  }

  @Test
  void aWholePartOnlyNeedsItsName() throws IOException {
    server.on(PATH, LocalServer.ranged(BYTES, ETAG));
    try (PartFile part = PartFile.open(folder.resolve("weights.pth"), server.address(PATH))) {
      part.restart(new PartFile.Origin(server.address(PATH), ETAG, BYTES.length));
      part.append(ByteBuffer.wrap(BYTES));
    }
    requireWhole(fetch());
    assertEquals(List.of(), alreadyThere, "no body came");
  }

  @Test
  void aServerThatIgnoresRangesSendsAllAgain() throws IOException {
    server.on(PATH, LocalServer.begins(BYTES, 100_000, ETAG), LocalServer.whole(BYTES));
    requireWhole(fetch());
    assertEquals(List.of(0L, 0L), alreadyThere);
  }

  @Test
  void aFileThatChangedMeanwhileIsFetchedFromTheBeginning() throws IOException {
    server.on(PATH, LocalServer.begins(OTHER, 100_000, "\"old\""), LocalServer.ranged(BYTES, ETAG));
    requireWhole(fetch());
    assertEquals(List.of(0L, 0L), alreadyThere);
  }

  @Test
  void aServerThatResumesAnotherVersionIsNotBelieved() throws IOException {
    server.on(
        PATH, LocalServer.begins(OTHER, 100_000, "\"old\""), LocalServer.careless(BYTES, ETAG));
    requireWhole(fetch());
    assertTrue(notes.toString().contains("has changed"), notes.toString());
  }

  @Test
  void aPartOfAnotherVersionWithoutTagsIsFoundByTheChecksum() throws IOException {
    server.on(PATH, LocalServer.begins(OTHER, 100_000, null), LocalServer.status(503));
    failure(file(PATH));
    server.on(PATH, LocalServer.ranged(BYTES, null));
    requireWhole(fetch());
    assertTrue(notes.toString().contains("does not fit"), notes.toString());
  }

  @Test
  void aWrongFileIsNotKept() throws IOException {
    server.on(PATH, LocalServer.ranged(OTHER, ETAG));
    String message = failure(file(PATH));
    assertTrue(message.contains(sha256(OTHER)) && message.contains(sha256(BYTES)), message);
    assertEquals(List.of(), visible());
    assertEquals(1, server.requests().size(), "a wrong file is no reason to ask again");
  }

  @Test
  void aServerInTroubleIsAskedAgain() throws IOException {
    server.on(
        PATH,
        LocalServer.status(500),
        LocalServer.status(429, "Retry-After", "0"),
        LocalServer.ranged(BYTES, ETAG));
    requireWhole(fetch());
    assertEquals(2, notes.size(), notes.toString());
  }

  @Test
  void troubleThatStaysEndsAfterAFewAttempts() throws IOException {
    server.on(PATH, LocalServer.status(502));
    String message = failure(file(PATH));
    assertTrue(message.contains("502") && message.contains("3 attempts"), message);
    assertEquals(3, server.requests().size());
    assertEquals(List.of(), visible());
  }

  @Test
  void theNextAddressIsTriedWhereOneHasNoFile() throws IOException {
    server.on("/mirror/weights.pth", LocalServer.ranged(BYTES, ETAG));
    requireWhole(fetch(file(PATH, "/mirror/weights.pth"), options()));
    assertEquals(2, server.requests().size(), "404 is no reason to ask again");
    Files.delete(folder.resolve("weights.pth"));
    String message = failure(file(PATH, "/nowhere"));
    assertTrue(message.contains(PATH) && message.contains("/nowhere: answers with status 404"));
  }

  @Test
  void aSilentServerIsGivenUpAndResumed() throws IOException {
    server.on(PATH, server.stalls(BYTES, 120_000, ETAG), LocalServer.ranged(BYTES, ETAG));
    requireWhole(fetch());
    assertTrue(notes.toString().contains("nothing came for 0.7"), notes.toString());
    assertTrue(alreadyThere.get(1) > 0, alreadyThere.toString());
  }

  @Test
  void redirectsAreFollowedButNotForEver() throws IOException {
    server
        .on("/start", LocalServer.status(302, "Location", "hop"))
        .on("/hop", LocalServer.status(307, "Location", server.address(PATH).toString()))
        .on(PATH, LocalServer.ranged(BYTES, ETAG))
        .on("/loop", LocalServer.status(301, "Location", "/loop"))
        .on("/file", LocalServer.status(302, "Location", "file:///etc/passwd"));
    requireWhole(fetch(file("/start"), options()));
    Files.delete(folder.resolve("weights.pth"));
    assertTrue(failure(file("/loop")).contains("more than 10 redirects"));
    assertTrue(failure(file("/file")).contains("no web address"));
    assertEquals(3 + 11 + 1, server.requests().size());
  }

  @Test
  void aRedirectNeverLeadsOutOfHttps() throws IOException {
    URI safe = URI.create("https://host/a/file");
    assertEquals(URI.create("https://host/a/other"), Http.target(safe, "other"));
    assertThrows(Refusal.class, () -> Http.target(safe, "http://host/a/file"));
  }

  @Test
  void aWrongLengthIsNoticed() throws IOException {
    PublishedFile sized =
        new PublishedFile(
            "weights.pth", List.of(server.address(PATH)), 5L, new Checksum(sha256(BYTES)));
    server.on(PATH, LocalServer.ranged(BYTES, ETAG));
    String message = failure(sized);
    assertTrue(message.contains("300000 bytes, expected 5"), message);
    LocalServer.Reply endless =
        exchange -> {
          exchange.sendResponseHeaders(200, 0); // chunked: no length is told
          exchange.getResponseBody().write(BYTES);
        };
    server.on(PATH, endless);
    assertTrue(failure(sized).contains("more than 5 bytes"));
    server.on(PATH, LocalServer.begins(BYTES, 0, ETAG));
    assertTrue(failure(file(PATH)).contains("3 attempts"));
    LocalServer.Reply absurd = exchange -> exchange.sendResponseHeaders(200, Long.MAX_VALUE);
    server.on(PATH, absurd);
    // The server may hang up before its header has been read: then that is what is told.
    String refused = failure(file(PATH));
    assertTrue(refused.contains("more than any file") || refused.contains("attempts"), refused);
    assertEquals(List.of(), visible());
  }

  @Test
  void whatDoesNotFitOnTheDiskIsNotBegun() throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    String message =
        assertThrows(UncheckedIOException.class, () -> Disk.requireFree(folder, free * 2))
            .getMessage();
    assertTrue(message.contains("are needed") && message.contains("--cache"), message);
  }

  @Test
  void offlineNamesWhatIsMissing() {
    String message =
        assertThrows(
                InvalidInputException.class, () -> fetch(file(PATH), options().withOffline(true)))
            .getMessage();
    assertTrue(message.contains("weights.pth") && message.contains(PATH), message);
    assertEquals(List.of(), server.requests());
  }

  @Test
  void anotherFileInTheCacheIsNeitherUsedNorOverwritten() throws IOException {
    Files.write(folder.resolve("weights.pth"), OTHER);
    String message = assertThrows(InvalidInputException.class, this::fetch).getMessage();
    assertTrue(message.contains(sha256(OTHER)) && message.contains("remove it"), message);
    assertArrayEquals(OTHER, Files.readAllBytes(folder.resolve("weights.pth")));
  }

  @Test
  void aFileWithoutChecksumNeedsConsent() throws IOException {
    server.on(PATH, LocalServer.begins(BYTES, 100_000, null), LocalServer.whole(BYTES));
    PublishedFile bare =
        new PublishedFile("weights.pth", List.of(server.address(PATH)), null, null);
    String message =
        assertThrows(InvalidInputException.class, () -> fetch(bare, options())).getMessage();
    assertTrue(message.contains("--sha256") && message.contains("--unverified"), message);
    FetchedFile fetched = fetch(bare, options().withUnverified(true));
    requireWhole(fetched);
    assertFalse(fetched.verified());
    assertEquals("null", server.requests().get(1).range(), "nothing vouches for a resumed file");
  }

  @Test
  void theFirstEightDigitsAreAChecksumToo() throws IOException {
    server.on(PATH, LocalServer.ranged(BYTES, ETAG));
    Checksum prefix = new Checksum(sha256(BYTES).substring(0, 8));
    PublishedFile named =
        new PublishedFile("weights.pth", List.of(server.address(PATH)), null, prefix);
    assertTrue(fetch(named, options()).verified());
    assertFalse(prefix.isWhole());
    assertThrows(InvalidInputException.class, () -> new Checksum("1234567"));
    assertThrows(InvalidInputException.class, () -> Checksum.parse("md5:12345678"));
  }

  @Test
  void aMirrorStandsInForTheAddress() throws IOException {
    server.on("/mirror/weights.pth", LocalServer.ranged(BYTES, ETAG));
    requireWhole(fetch(file("/never"), options().withMirror(server.address("/mirror"))));
    assertEquals("/mirror/weights.pth", server.requests().get(0).uri());
  }

  @Test
  void aProxyIsUsedWhereTheEnvironmentNamesOne() throws IOException {
    server.on(PATH, LocalServer.ranged(BYTES, ETAG)); // as a proxy, it hears whole addresses
    FetchOptions proxied = through("127.0.0.1:" + server.port());
    String address = "http://files.invalid" + PATH;
    requireWhole(fetch(PublishedFile.at(address, new Checksum(sha256(BYTES))), proxied));
    assertEquals(address, server.requests().get(0).uri());
  }

  private FetchOptions through(String proxy) {
    FetchOptions usual = options();
    return new FetchOptions(
        folder,
        false,
        false,
        null,
        Proxies.of(Map.of("http_proxy", proxy)),
        usual.connect(),
        usual.stall(),
        1,
        usual.backOff(),
        usual.lockPatience());
  }

  @Test
  void aProxyIsToldTheUserOfItsVariable() throws IOException {
    String expected =
        "Basic " + Base64.getEncoder().encodeToString("me:p+a@ss".getBytes(StandardCharsets.UTF_8));
    LocalServer.Reply guarded =
        exchange -> {
          String given = exchange.getRequestHeaders().getFirst("Proxy-Authorization");
          if (expected.equals(given)) {
            LocalServer.ranged(BYTES, ETAG).to(exchange);
          } else {
            LocalServer.status(407, "Proxy-Authenticate", "Basic realm=\"p\"").to(exchange);
          }
        };
    server.on(PATH, guarded);
    PublishedFile file =
        PublishedFile.at("http://files.invalid" + PATH, new Checksum(sha256(BYTES)));
    String message =
        assertThrows(
                UncheckedIOException.class,
                () -> fetch(file, through("http://127.0.0.1:" + server.port())))
            .getMessage();
    assertTrue(message.contains("the proxy asks for a user"), message);
    requireWhole(fetch(file, through("http://me:p+a%40ss@127.0.0.1:" + server.port())));
  }

  @Test
  void aServerThatIsNotThereIsNamed() throws IOException {
    PublishedFile file = file(PATH);
    server.close();
    String message = failure(file);
    assertTrue(message.contains("127.0.0.1") && message.contains("attempts"), message);
  }

  @Test
  void anInterruptLeavesThePartForTheNextStart() throws Exception {
    server.on(PATH, server.stalls(BYTES, 120_000, ETAG));
    FetchOptions patient =
        options().withPatience(Duration.ofSeconds(5), Duration.ofSeconds(20), 3, Duration.ZERO);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<FetchedFile> fetching = thread.submit(() -> fetch(file(PATH), patient));
      Path part = folder.resolve("weights.pth.part");
      for (int i = 0; i < 400 && !(Files.exists(part) && Files.size(part) > 0); i++) {
        Thread.sleep(25);
      }
      thread.shutdownNow();
      Exception failed =
          assertThrows(ExecutionException.class, () -> fetching.get(10, TimeUnit.SECONDS));
      assertTrue(failed.getCause().getCause() instanceof InterruptedIOException);
    } finally {
      thread.shutdownNow();
    }
    server.on(PATH, LocalServer.ranged(BYTES, ETAG));
    requireWhole(fetch());
    assertTrue(alreadyThere.get(1) > 0, alreadyThere.toString());
  }

  @Test
  void twoStartsAtOnceFetchOnce() throws Exception {
    LocalServer.Reply slow =
        exchange -> {
          try {
            Thread.sleep(300);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          LocalServer.ranged(BYTES, ETAG).to(exchange);
        };
    server.on(PATH, slow);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Callable<FetchedFile> fetch =
          () -> new Downloader(options(), FetchListener.NONE).fetch(file(PATH), folder);
      List<FetchedFile> both = new ArrayList<>();
      for (Future<FetchedFile> each : threads.invokeAll(List.of(fetch, fetch))) {
        both.add(each.get(20, TimeUnit.SECONDS));
      }
      assertEquals(1, both.stream().filter(FetchedFile::cached).count());
      assertEquals(1, server.requests().size());
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aFileInTheWayOfTheCacheIsTold() throws IOException {
    Path blocked = Files.writeString(folder.resolve("file"), "x").resolve("cache");
    server.on(PATH, LocalServer.ranged(BYTES, ETAG));
    String message =
        assertThrows(
                InvalidInputException.class,
                () -> new Downloader(options(), FetchListener.NONE).fetch(file(PATH), blocked))
            .getMessage();
    assertTrue(message.contains("--cache"), message);
  }
}
