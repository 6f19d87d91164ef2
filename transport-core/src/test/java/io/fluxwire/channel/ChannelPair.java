package io.fluxwire.channel;

import io.fluxwire.NodeId;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.PacketCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Both sides of a channel in one thread, with what observes them. */
final class ChannelPair {

  static final NodeId DIALER = NodeKey.generate().id();
  static final NodeId ACCEPTOR = NodeKey.generate().id();

  final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  final SimulatedStore dialersStore = new SimulatedStore().automatic();
  final SimulatedStore acceptorsStore = new SimulatedStore().automatic();
  private final ChannelKey key;
  private final UnaryOperator<ChannelSpec> observed;
  private final List<SimulatedLink> links = new ArrayList<>();
  PeerChannel<ByteBuf> dialer;
  PeerChannel<ByteBuf> acceptor;

  ChannelPair(String name, UnaryOperator<ChannelSpec> observed) {
    this.key = new ChannelKey(DIALER, ACCEPTOR, name);
    this.observed = observed;
    this.dialer = open(true, dialersStore);
    this.acceptor = open(false, acceptorsStore);
  }

  PeerChannel<ByteBuf> open(boolean dials, SimulatedStore store) {
    ChannelSpec spec = observed.apply(ChannelSpec.of(store).timers(time));
    return PeerChannel.open(key, dials, spec, PacketCodec.raw().allowShortPayloads()).block();
  }

  SimulatedLink dial() {
    PeerChannel<ByteBuf> to = acceptor;
    SimulatedLink link =
        SimulatedLink.dial(
            (end, frame) ->
                to.protocol().execute(() -> end.receiver(to.protocol().accepted(end, frame))));
    links.add(link);
    links.add(link.other());
    PeerChannel<ByteBuf> from = dialer;
    from.protocol().execute(() -> from.protocol().dialled(link));
    return link;
  }

  /** All that is on its way arrives. */
  void run() {
    run(links);
  }

  /** What is on its way over one connection arrives. */
  void run(SimulatedLink over) {
    run(List.of(over, over.other()));
  }

  private static void run(List<SimulatedLink> links) {
    boolean moved = true;
    while (moved) {
      moved = false;
      for (SimulatedLink link : links) {
        if (link.canDeliver()) {
          link.deliver();
          moved = true;
        }
      }
    }
  }

  /** The dialer sends so many packets of 8 bytes. */
  void send(int packets) {
    dialer.send(Flux.range(0, packets).map(i -> Unpooled.buffer(8).writeLong(i))).subscribe();
  }

  /** The acceptor's application gets packets, and acknowledges none by itself. */
  List<Delivery<ByteBuf>> received() {
    List<Delivery<ByteBuf>> got = new ArrayList<>();
    acceptor.receive().subscribe(got::add, failure -> {});
    return got;
  }
}
