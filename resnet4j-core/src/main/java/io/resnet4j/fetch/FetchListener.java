package io.resnet4j.fetch;

import java.net.URI;

/** Hears how a download goes on; called by the thread that fetches. */
public interface FetchListener {
  /** Does nothing. */
  FetchListener NONE = new FetchListener() {};

  /**
   * A body begins to arrive.
   *
   * @param file what it becomes
   * @param address where it comes from, after redirects
   * @param already bytes that an earlier attempt has left
   * @param total bytes of the whole file, -1 if the server does not say
   */
  default void started(String file, URI address, long already, long total) {}

  /** So many bytes of the file are there now. */
  default void received(long bytes) {}

  /** The body has ended, well or not. */
  default void ended() {}

  /** Something worth a line: a retry, a wait, a fresh start. */
  default void note(String line) {}
}
