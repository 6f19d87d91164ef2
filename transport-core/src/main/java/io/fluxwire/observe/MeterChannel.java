package io.fluxwire.observe;

import io.fluxwire.Reason;
import io.fluxwire.internal.Callbacks;
import io.fluxwire.internal.StoredTimes;
import io.fluxwire.observe.FluxwireMeters.Role;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * One channel's life in meters. What it adds to gauges it takes back when it ends.
 *
 * <p>A meter of the application's registry that throws is logged once, and is the last that this
 * channel records of what its registry keeps.
 */
final class MeterChannel implements ChannelRecorder {

  private final Meters meters;
  private final Role role;
  private final Counter stored;
  private final Counter acknowledged;
  private final Counter delivered;
  private final Counter resent;
  private final Timer storeTime;
  private final LongAdder connected;
  private final LongAdder packetsKept;
  private final LongAdder bytesKept;
  private final Set<MeterChannel> ages;
  private final StoredTimes times;

  private long first;
  private long next;
  private long bytes;
  private long writingSince;
  private boolean wasConnected;
  private boolean broken;

  /** A channel was opened, and its store has this. */
  MeterChannel(Meters meters, Role role, long first, long next, long bytes) {
    this.meters = meters;
    this.role = role;
    stored = meters.counter(FluxwireMeters.CHANNEL_STORED, role);
    acknowledged = meters.counter(FluxwireMeters.CHANNEL_ACKNOWLEDGED, role);
    delivered = meters.counter(FluxwireMeters.CHANNEL_DELIVERED, role);
    resent = meters.counter(FluxwireMeters.CHANNEL_RESENT, role);
    storeTime = meters.timer(FluxwireMeters.CHANNEL_STORE_TIME, role);
    connected = meters.gauge(FluxwireMeters.CHANNELS_CONNECTED, role);
    packetsKept = meters.gauge(FluxwireMeters.CHANNEL_PACKETS_KEPT, role);
    bytesKept = meters.gauge(FluxwireMeters.CHANNEL_BYTES_KEPT, role);
    ages = meters.oldest(role);
    this.first = first;
    this.next = first;
    times = new StoredTimes(first);
    keep(first, next, bytes, meters.now());
    meters.gauge(FluxwireMeters.CHANNELS_OPEN, role).increment();
    ages.add(this);
  }

  private void keep(long newFirst, long newNext, long newBytes, long now) {
    packetsKept.add((newNext - newFirst) - (next - first));
    bytesKept.add(newBytes - bytes);
    first = newFirst;
    next = newNext;
    bytes = newBytes;
    times.kept(first, next, now);
  }

  /** How long it has kept its oldest packet, in nanoseconds; 0 if it keeps none. */
  long age(long now) {
    return times.age(now);
  }

  @Override
  public void onConnected() {
    connected.increment();
    if (wasConnected) {
      meters.count(FluxwireMeters.CHANNEL_RECONNECTS, role);
    }
    wasConnected = true;
  }

  @Override
  public void onDisconnected(boolean superseded) {
    connected.decrement();
    if (superseded) {
      meters.count(FluxwireMeters.CHANNEL_TAKEOVERS, role);
    }
  }

  @Override
  public void onWriting() {
    writingSince = meters.now();
  }

  @Override
  public void onStoreFull() {
    meters.count(FluxwireMeters.CHANNEL_STORE_FULL, role);
  }

  @Override
  public void onWritten(long newFirst, long newNext, long newBytes) {
    add(stored, newNext - next);
    add(acknowledged, newFirst - first);
    long now = meters.now();
    keep(newFirst, newNext, newBytes, now);
    if (!broken) {
      try {
        storeTime.record(now - writingSince, TimeUnit.NANOSECONDS);
      } catch (Throwable thrown) {
        broke(thrown);
      }
    }
  }

  @Override
  public void onDelivered(long packets) {
    add(delivered, packets);
  }

  @Override
  public void onResent(long packets) {
    add(resent, packets);
  }

  @Override
  public void onEnded(Reason reason) {
    ages.remove(this);
    keep(next, next, 0, meters.now());
    meters.gauge(FluxwireMeters.CHANNELS_OPEN, role).decrement();
    meters.count(FluxwireMeters.CHANNELS_ENDED, role, reason);
  }

  private void add(Counter counter, long amount) {
    if (amount > 0 && !broken) {
      try {
        counter.increment((double) amount);
      } catch (Throwable thrown) {
        broke(thrown);
      }
    }
  }

  private void broke(Throwable thrown) {
    broken = true;
    Callbacks.report(Meters.REGISTRY, thrown);
  }
}
