package io.fluxwire.docs;

import io.fluxwire.CloseReason;
import io.fluxwire.PeerException;
import io.fluxwire.channel.ChannelKey;
import io.fluxwire.channel.ChannelObserver;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.dial.ConnectionHealth;
import io.fluxwire.dial.ConnectionHealthMonitor;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.observe.SessionInfo;
import io.fluxwire.observe.SessionListener;
import io.fluxwire.proto.Pkt;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The observing page's nodes. */
final class Observing {

  private Observing() {}

  static PeerServer<Pkt> server(NodeKey key, MeterRegistry meters, ObservationRegistry traces) {
    return PeerServer.create().nodeKey(key).meterRegistry(meters).observationRegistry(traces);
  }

  static PeerClient<Pkt> client(NodeKey key, MeterRegistry meters, ObservationRegistry traces) {
    return PeerClient.create().nodeKey(key).meterRegistry(meters).observationRegistry(traces);
  }

  static PeerServer<Pkt> observed(PeerServer<Pkt> server, Consumer<String> journal) {
    return server.observe(visits(journal));
  }

  static SessionListener visits(Consumer<String> journal) {
    return new SessionListener() {
      @Override
      public void onEstablished(SessionInfo session) {
        journal.accept(session.remoteId() + " came from " + session.remoteAddress());
      }

      @Override
      public void onClosed(SessionInfo session, CloseReason reason) {
        journal.accept(session.remoteId() + " left: " + reason.reason());
      }
    };
  }

  static ChannelSpec watched(ChannelSpec spec, Consumer<String> journal) {
    return spec.observe(
        new ChannelObserver() {
          @Override
          public void onConnected(ChannelKey channel, long waiting) {
            journal.accept(channel.name() + " goes on with " + waiting + " packets");
          }

          @Override
          public void onEnded(ChannelKey channel, @Nullable PeerException why) {
            journal.accept(channel.name() + " ended: " + (why == null ? "closed" : why.reason()));
          }
        });
  }

  static PrometheusMeterRegistry prometheus() {
    return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  }

  static PeerClient<Pkt> watched(PeerClient<Pkt> client, ConnectionHealthMonitor monitor) {
    return client.doOnDial(monitor);
  }

  static String say(ConnectionHealthMonitor monitor) {
    ConnectionHealth health = monitor.health();
    return (health.up() ? "up since " : "down since ")
        + health.since()
        + (health.lastError() == null ? "" : ", last error: " + health.lastError().getMessage());
  }
}
