package io.resnet4j.app.serve;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * Ends connections that bring no whole head of a request in time. A client that sends one byte by
 * byte is never idle and would hold its connection for ever. While a request is answered its own
 * time counts, its body's included.
 */
final class HeadLimit extends Handler.Wrapper implements Connection.Listener {
  private final Scheduler scheduler;
  private final Duration first;
  private final Duration next;
  private final Map<Connection, Scheduler.Task> awaited = new ConcurrentHashMap<>();

  /**
   * @param first from a connection's opening, the handshake of TLS included
   * @param next from the answer before
   */
  HeadLimit(Scheduler scheduler, Duration first, Duration next) {
    this.scheduler = scheduler;
    this.first = first;
    this.next = next;
  }

  @Override
  public void onOpened(Connection connection) {
    await(connection, first);
  }

  @Override
  public void onClosed(Connection connection) {
    arrived(connection);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    Connection connection = request.getConnectionMetaData().getConnection();
    arrived(connection);
    // Before the callback hears of the end: after it the next request may be here already.
    return super.handle(request, response, Callback.from(() -> await(connection, next), callback));
  }

  private void await(Connection connection, Duration limit) {
    awaited.put(
        connection,
        scheduler.schedule(
            () -> {
              awaited.remove(connection);
              connection.close();
            },
            limit));
  }

  private void arrived(Connection connection) {
    Scheduler.@Nullable Task end = awaited.remove(connection);
    if (end != null) {
      end.cancel();
    }
  }
}
