package io.resnet4j.app.serve;

import java.time.Duration;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Takes what a client still sends after its answer, for a while. A connection that is closed on
 * bytes not read is reset, and the client may lose the answer that says why it was refused (RFC
 * 9112, section 9.6).
 */
final class UnreadBody {
  private static final Duration LONGEST = Duration.ofSeconds(5);
  private static final long MOST = 256L << 20;

  private final Request request;
  private final Runnable then;
  private final Scheduler.Task limit;
  private long bytes;
  private boolean over;

  private UnreadBody(Request request, Runnable then) {
    this.request = request;
    this.then = then;
    this.limit = request.getComponents().getScheduler().schedule(this::end, LONGEST);
  }

  /** Does {@code then} once, when the body has ended or there is too much of it. */
  static void discard(Request request, Runnable then) {
    // A client that asks first sends nothing once it is refused.
    if (request.getHeaders().contains(HttpHeader.EXPECT)) {
      then.run();
    } else {
      new UnreadBody(request, then).go();
    }
  }

  private void go() {
    while (take()) {}
  }

  /** Whether there may be more at once. */
  private boolean take() {
    boolean last;
    synchronized (this) {
      if (over) {
        return false;
      }
      Content.Chunk chunk = request.read();
      if (chunk == null) {
        request.demand(this::go);
        return false;
      }
      bytes += chunk.remaining();
      last = chunk.isLast() || Content.Chunk.isFailure(chunk) || bytes > MOST;
      chunk.release();
    }
    if (last) {
      end();
    }
    return !last;
  }

  private void end() {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
    }
    limit.cancel();
    then.run();
  }
}
