package io.fluxwire.spring;

import io.fluxwire.PeerConnection;
import io.fluxwire.dial.DialEvent;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.netty.PeerClient;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clients of the properties {@code fluxwire.clients}, by name, and the links that keep them
 * connected. Thread-safe.
 *
 * <p>Each link is a bean, too, with the client's name as its qualifier: {@code @Qualifier("ledger")
 * PeerLink<Pkt> ledger}. When the context is closed, all are closed together, and awaited, after
 * the server and the beans that use them. What a connection had not delivered at its end is logged
 * as a warning.
 */
public final class FluxwireClients implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FluxwireClients.class);

  private final SortedMap<String, PeerClient<?>> clients;

  // What follows is guarded by this.
  private final Map<String, PeerLink<?>> links = new LinkedHashMap<>();
  private boolean closed;

  /** Clients by name, which are dialled by nobody yet. */
  FluxwireClients(Map<String, ? extends PeerClient<?>> clients) {
    this.clients = new TreeMap<>();
    clients.forEach((name, client) -> this.clients.put(name, reporting(name, client)));
  }

  private static <P> PeerClient<P> reporting(String name, PeerClient<P> client) {
    return client
        .doOnDisconnected(connection -> report(name, connection))
        .doOnDial(event -> report(name, event));
  }

  private static void report(String name, DialEvent event) {
    Throwable cause = event instanceof DialEvent.Stopped stopped ? stopped.cause() : null;
    if (cause != null) {
      LOG.warn(
          "fluxwire.clients.{}: it is not dialled any more, since trying again cannot help: {}."
              + " Correct what is wrong there or in the properties, and start this application"
              + " again.",
          name,
          FluxwireHealth.text(cause));
    }
  }

  private static void report(String name, PeerConnection<?> connection) {
    connection
        .undelivered()
        .filter(left -> !left.isNothing())
        .subscribe(left -> LOG.warn("{}: {} has ended, not delivered: {}", name, connection, left));
  }

  /**
   * The names of the clients.
   *
   * @return those of {@code fluxwire.clients}, sorted; cannot be changed
   */
  public Set<String> names() {
    return Collections.unmodifiableSet(clients.keySet());
  }

  /**
   * A client, to make a connection or open a channel with, or to change a copy of.
   *
   * @param name its name
   * @param <P> the application's packet type, that of the {@code PacketCodec} bean
   * @return the client
   * @throws IllegalArgumentException when there is none of this name
   */
  public <P> PeerClient<P> client(String name) {
    PeerClient<?> client = clients.get(name);
    if (client == null) {
      throw new IllegalArgumentException(
          "fluxwire.clients has no '%s', but %s".formatted(name, clients.keySet()));
    }
    return typed(client);
  }

  /**
   * The link that keeps a client connected: always the same one, which dials from the first call
   * on. It is closed with the context: do not close it yourself.
   *
   * @param name the client's name
   * @param <P> the application's packet type, that of the {@code PacketCodec} bean
   * @return the link
   * @throws IllegalArgumentException when there is no client of this name
   * @throws IllegalStateException when the context is closed
   */
  public <P> PeerLink<P> link(String name) {
    PeerClient<P> client = client(name);
    synchronized (this) {
      PeerLink<?> link = links.get(name);
      if (link == null) {
        if (closed) {
          throw new IllegalStateException("the links are closed, as their context is");
        }
        link = client.link();
        links.put(name, link);
      }
      return typed(link);
    }
  }

  /** The application's beans have one packet type, which Spring cannot check. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T> T typed(Object bean) {
    return (T) bean;
  }

  /**
   * Disposes of all links, and waits until their connections are closed, each within its drain
   * timeout; what is open after {@link PeerLink#CLOSE_TIMEOUT} is closed at once. Blocks.
   */
  @Override
  public void close() {
    Map<String, PeerLink<?>> open;
    synchronized (this) {
      closed = true;
      open = Map.copyOf(links);
    }
    open.values().forEach(PeerLink::dispose);
    open.values().forEach(PeerLink::close);
  }

  @Override
  public String toString() {
    return "FluxwireClients" + clients.keySet();
  }
}
