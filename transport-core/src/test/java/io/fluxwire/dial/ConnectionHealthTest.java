package io.fluxwire.dial;

import static io.fluxwire.dial.DialWorld.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.CloseReason;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.DialException;
import io.fluxwire.PeerConnection;
import io.fluxwire.Reason;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Sinks;

class ConnectionHealthTest {

  private final DialWorld world = new DialWorld();
  private final ConnectionHealthMonitor monitor = new ConnectionHealthMonitor(new WorldsClock());
  private final ReconnectSpec half = ReconnectSpec.create().random(() -> 0.5);
  private final ConnectionClosedException lost =
      new ConnectionClosedException(Reason.CONNECTION_LOST, "lost");

  private final class WorldsClock extends Clock {
    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(world.now());
    }
  }

  private ConnectionHealth health(long sinceMillis, boolean up, Throwable lastError) {
    return new ConnectionHealth(up, Instant.ofEpochMilli(sinceMillis), lastError);
  }

  @Test
  void aPublishersHealthIsThatOfItsDials() {
    world
        .dialWith(spec -> spec.doOnEvent(monitor), world.answers(at(0, "v4-1")))
        .repeatedly(half)
        .subscribe();
    world.passMillis(1);
    assertThat(monitor.health().up()).isFalse();
    assertThat(monitor.health().since()).isEqualTo(Instant.EPOCH);
    assertThat(monitor.health().lastError()).isInstanceOf(DialException.class);

    world.authenticates("v4-1", Duration.ZERO);
    world.passMillis(999);
    assertThat(monitor.health().up()).isTrue();
    assertThat(monitor.health().since()).isEqualTo(Instant.ofEpochMilli(500));
    assertThat(monitor.health().lastError()).as("what was").isInstanceOf(DialException.class);

    world.made.get(0).end(CloseReason.of(lost));
    assertThat(monitor.health()).isEqualTo(health(1_000, false, lost));
  }

  @Test
  void aPublisherThatIsCancelledIsDown() {
    world.authenticates("v4-1", Duration.ZERO);
    Disposable publisher =
        world
            .dialWith(spec -> spec.doOnEvent(monitor), world.answers(at(0, "v4-1")))
            .repeatedly(half)
            .subscribe();
    world.passMillis(10);
    assertThat(monitor.health().up()).isTrue();
    publisher.dispose();
    assertThat(monitor.health()).isEqualTo(health(10, false, null));
    assertThat(world.events).endsWith(new DialEvent.Stopped("peer", null));
    publisher.dispose();
    assertThat(world.events).filteredOn(DialEvent.Stopped.class::isInstance).hasSize(1);
  }

  @Test
  void aPublisherThatGivesUpSaysWhy() {
    world.isImpostor("v4-1", Duration.ZERO);
    world
        .dialWith(spec -> spec.doOnEvent(monitor), world.answers(at(0, "v4-1")))
        .repeatedly(half)
        .subscribe(null, failure -> {});
    world.passMillis(1);
    assertThat(world.events.get(world.events.size() - 1))
        .isInstanceOfSatisfying(
            DialEvent.Stopped.class,
            stopped -> {
              assertThat(stopped.cause()).isInstanceOf(DialException.class);
              assertThat(stopped.toString())
                  .startsWith("peer: given up: ")
                  .contains("someone else");
            });
  }

  @Test
  void eachPublisherHasAMonitorOfItsOwnAndADialThatIsMadeOnceHasNone() {
    List<ConnectionHealthMonitor> monitors = new ArrayList<>();
    Dial<String> dial =
        world.dialWith(
            spec ->
                spec.monitorEach(
                    () -> {
                      monitors.add(new ConnectionHealthMonitor(new WorldsClock()));
                      return monitors.get(monitors.size() - 1);
                    }),
            world.answers(at(0, "v4-1")));
    world.authenticates("v4-1", Duration.ZERO);
    dial.once().subscribe();
    world.passMillis(1);
    assertThat(monitors).isEmpty();

    Disposable first = dial.repeatedly(half).subscribe();
    world.passMillis(1);
    world.refuses("v4-1");
    dial.repeatedly(half).subscribe();
    dial.once().subscribe(null, failure -> {});
    world.passMillis(1);
    assertThat(monitors).extracting(monitor -> monitor.health().up()).containsExactly(true, false);
    first.dispose();
    assertThat(monitors.get(0).health()).isEqualTo(health(3, false, null));
  }

  @Test
  void aLinkKnowsItsHealthWithoutHearingOfDials() {
    world.authenticates("v4-1", Duration.ZERO);
    PeerLink<String> link =
        PeerLink.keep(world.dial(world.answers(at(5, "v4-1"))).repeatedly(half));
    assertThat(link.health().up()).isFalse();
    world.passMillis(5);
    assertThat(link.health().up()).isTrue();
    world.made.get(0).end(CloseReason.of(lost));
    assertThat(link.health().up()).isFalse();
    assertThat(link.health().lastError()).isSameAs(lost);
    link.dispose();
  }

  @Test
  void aLinkThatGaveUpSaysWhy() {
    IllegalStateException end = new IllegalStateException("no more");
    Sinks.Many<PeerConnection<String>> publisher = Sinks.many().unicast().onBackpressureBuffer();
    PeerLink<String> link = PeerLink.keep(publisher.asFlux(), monitor);
    publisher.tryEmitError(end);
    assertThat(link.health()).isEqualTo(health(0, false, end));
  }
}
