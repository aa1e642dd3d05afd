package io.resnet4j.fetch;

import io.resnet4j.InvalidInputException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Brings one file into a folder: from there if it is there, else from its addresses in turn. */
final class Downloader {
  /** No weights and no data set here come near to it. */
  private static final long LARGEST = 64L << 30;

  /** However much each attempt gains. */
  private static final int MOST_ATTEMPTS = 100;

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (?:(\\d{1,18})-(\\d{1,18})|\\*)/(\\d{1,18}|\\*)");

  /** The server asks for a wait of its own length. */
  private static final class Busy extends IOException {
    private static final long serialVersionUID = 1L;
    private final transient @Nullable Duration wait;

    Busy(String message, @Nullable Duration wait) {
      super(message);
      this.wait = wait;
    }
  }

  private final FetchOptions options;
  private final FetchListener listener;
  private @Nullable Http http;

  Downloader(FetchOptions options, FetchListener listener) {
    this.options = options;
    this.listener = listener;
  }

  /**
   * {@code file} in {@code folder}.
   *
   * @throws InvalidInputException if it may not be fetched, or another stands under its name
   * @throws UncheckedIOException if it cannot be fetched or is not what was published
   */
  FetchedFile fetch(PublishedFile file, Path folder) {
    if (file.checksum() == null && !options.unverified()) {
      throw new InvalidInputException(
          file.name()
              + ": no published checksum of it is known, so nothing tells whether it is whole or"
              + " genuine; accept that with --unverified, or fetch it as weights:ADDRESS with"
              + " --sha256");
    }
    Path target = folder.resolve(file.name());
    if (Files.exists(target)) {
      return cached(file, target);
    }
    if (options.offline()) {
      throw new InvalidInputException(
          target
              + ": not in the cache, and --offline forbids to fetch it from "
              + file.addresses().get(0)
              + "; fetch it without --offline, or put it there");
    }
    Disk.folder(folder);
    FetchLock lock = FetchLock.take(target, options.lockPatience(), listener);
    try {
      return Files.exists(target) ? cached(file, target) : download(file, target);
    } finally {
      lock.close();
    }
  }

  private static FetchedFile cached(PublishedFile file, Path target) {
    String sha256 = Disk.sha256(target);
    @Nullable Checksum checksum = file.checksum();
    if (checksum != null && !checksum.matches(sha256)) {
      throw new InvalidInputException(
          target
              + ": stands in the cache, but its SHA-256 is "
              + sha256
              + ", expected "
              + checksum
              + "; remove it to have it fetched again");
    }
    return new FetchedFile(target, Disk.size(target), sha256, checksum != null, true);
  }

  private FetchedFile download(PublishedFile file, Path target) {
    PublishedFile source = options.mirror() == null ? file : file.mirroredAt(options.mirror());
    List<String> failures = new ArrayList<>();
    for (URI address : source.addresses()) {
      try {
        return from(address, file, target);
      } catch (InterruptedIOException e) {
        throw new UncheckedIOException(
            file.name() + ": interrupted; what has arrived is kept, and the next start goes on", e);
      } catch (IOException e) {
        failures.add(address + ": " + e.getMessage());
        if (failures.size() < source.addresses().size()) {
          listener.note(address + ": " + e.getMessage() + "; trying the next address");
        }
      }
    }
    throw new UncheckedIOException(
        file.name() + ": cannot be fetched from " + String.join("; nor from ", failures),
        new IOException(failures.toString()));
  }

  private FetchedFile from(URI address, PublishedFile file, Path target) throws IOException {
    try (PartFile part = PartFile.open(target, address)) {
      boolean resumed = part.length() > 0;
      try {
        gather(address, file, part);
      } catch (IOException e) {
        if (part.length() == 0) {
          part.remove();
        }
        throw e;
      }
      String sha256 = part.digest();
      @Nullable Checksum checksum = file.checksum();
      if (checksum == null || checksum.matches(sha256)) {
        part.finish();
        return new FetchedFile(target, part.length(), sha256, checksum != null, false);
      }
      part.remove();
      if (!resumed) {
        throw new Refusal(
            "its SHA-256 is "
                + sha256
                + ", expected "
                + checksum
                + "; it is damaged or not the published file, and was removed");
      }
    }
    listener.note(file.name() + ": what an earlier start left does not fit; from the beginning");
    return from(address, file, target);
  }

  /** Tries until {@code part} is whole. */
  private void gather(URI address, PublishedFile file, PartFile part) throws IOException {
    int inVain = 0;
    for (int attempt = 1; ; attempt++) {
      long before = part.length();
      try {
        transfer(address, file, part);
        return;
      } catch (Refusal | InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        inVain = part.length() > before ? 1 : inVain + 1;
        String why = Words.failure(e);
        if (inVain >= options.attempts() || attempt >= MOST_ATTEMPTS) {
          throw new IOException(why + " (" + attempt + " attempts)", e);
        }
        Duration wait = options.backOff().multipliedBy(1L << Math.min(inVain - 1, 10));
        if (e instanceof Busy busy && busy.wait != null) {
          wait = busy.wait;
        }
        pause(file, why, wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait);
      }
    }
  }

  private void pause(PublishedFile file, String why, Duration wait) throws IOException {
    listener.note(file.name() + ": " + why + "; again in " + Words.seconds(wait));
    try {
      Thread.sleep(wait.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  private void transfer(URI address, PublishedFile file, PartFile part) throws IOException {
    if (http == null) {
      http = new Http(options);
    }
    PartFile.Origin origin = part.origin();
    // Without a validator the parts may be of two versions; only a checksum would notice.
    boolean resumable = origin.validator() != null || file.checksum() != null;
    if (part.length() > 0 && !resumable) {
      part.restart(new PartFile.Origin(address, null, -1));
    }
    try (Http.Answer answer = http.open(address, part.length(), origin.validator())) {
      switch (answer.status()) {
        case Http.OK -> {
          long total = answer.headers().firstValueAsLong("Content-Length").orElse(-1);
          requireExpected(file, answer, total);
          part.restart(new PartFile.Origin(address, answer.validator(), total));
        }
        case Http.PARTIAL -> requireRest(file, part, answer);
        case Http.RANGE_NOT_SATISFIABLE -> {
          if (part.length() > 0 && total(answer) == part.length()) {
            return;
          }
          throw startOver(part, "it does not go on at byte " + part.length());
        }
        default -> throw unexpected(answer);
      }
      receive(file, part, answer);
    }
  }

  /** Fails where the whole cannot be what was published, or not fit. */
  private static void requireExpected(PublishedFile file, Http.Answer answer, long total)
      throws Refusal {
    String encoding = answer.header("Content-Encoding").orElse("identity");
    if (!encoding.equals("identity")) {
      throw new Refusal("sends it encoded as " + encoding + ", unasked");
    }
    if (total >= 0 && file.size() != null && total != file.size()) {
      throw new Refusal("says it has " + total + " bytes, expected " + file.size());
    }
  }

  /** Fails unless {@code answer} goes on exactly where {@code part} ends, with the same version. */
  private static void requireRest(PublishedFile file, PartFile part, Http.Answer answer)
      throws IOException {
    Matcher range = CONTENT_RANGE.matcher(answer.header("Content-Range").orElse(""));
    if (part.length() == 0 || !range.matches() || range.group(1) == null) {
      throw startOver(part, "it answers with a part that was not asked for");
    }
    long total = total(answer);
    @Nullable String validator = part.origin().validator();
    boolean same =
        (validator == null || answer.validator() == null || validator.equals(answer.validator()))
            && (part.origin().total() < 0 || total < 0 || total == part.origin().total());
    if (Long.parseLong(range.group(1)) != part.length() || !same) {
      throw startOver(part, "the file there has changed");
    }
    requireExpected(file, answer, total);
  }

  private static long total(Http.Answer answer) {
    Matcher range = CONTENT_RANGE.matcher(answer.header("Content-Range").orElse(""));
    return range.matches() && !range.group(3).equals("*") ? Long.parseLong(range.group(3)) : -1;
  }

  private static IOException startOver(PartFile part, String why) {
    if (part.length() == 0) {
      return new Refusal(why);
    }
    part.restart(new PartFile.Origin(part.origin().address(), null, -1));
    return new Busy(why + "; from the beginning", Duration.ZERO);
  }

  private static IOException unexpected(Http.Answer answer) {
    int status = answer.status();
    String words = "answers with status " + status;
    if (status == 408 || status == 429 || status >= 500) {
      @Nullable Duration wait =
          answer
              .header("Retry-After")
              .filter(text -> text.matches("\\d{1,6}"))
              .map(text -> Duration.ofSeconds(Long.parseLong(text)))
              .orElse(null);
      return new Busy(words, wait);
    }
    return new Refusal(status == 407 ? "the proxy asks for a user and a password" : words);
  }

  private void receive(PublishedFile file, PartFile part, Http.Answer answer) throws IOException {
    long total = part.origin().total();
    long limit = total >= 0 ? total : file.size() != null ? file.size() : LARGEST;
    if (total >= 0) {
      if (total > LARGEST) {
        throw new Refusal("says it has " + total + " bytes, more than any file here");
      }
      Disk.requireFree(options.cache(), total - part.length());
    }
    listener.started(file.name(), answer.address(), part.length(), total);
    try {
      @Nullable List<ByteBuffer> piece;
      while ((piece = answer.body().next(options.stall())) != null) {
        for (ByteBuffer buffer : piece) {
          if (part.length() + buffer.remaining() > limit) {
            part.remove();
            throw new Refusal("sends more than " + limit + " bytes");
          }
          part.append(buffer);
        }
        listener.received(part.length());
      }
    } finally {
      listener.ended();
    }
    if (total >= 0 && part.length() != total) {
      throw new IOException("it ended after " + part.length() + " of " + total + " bytes");
    }
  }
}
