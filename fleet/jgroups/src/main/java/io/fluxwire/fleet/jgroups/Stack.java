package io.fluxwire.fleet.jgroups;

import java.time.Duration;
import java.util.List;
import org.jgroups.JChannel;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.protocols.FRAG2;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.PerDestinationBundler;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.UFC;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.protocols.pbcast.STABLE;
import org.jgroups.stack.Protocol;

/** JGroups' protocols for a fleet, and their times, of which docs/fleet-engines.md speaks. */
final class Stack {

  /** How long a member may say nothing before it is suspected. */
  static final Duration SILENCE = Duration.ofSeconds(8);

  private static final Duration HEARTBEAT = Duration.ofSeconds(2);

  /** How long a suspected member is given to answer. */
  private static final Duration VERIFY = Duration.ofMillis(1_500);

  private static final Duration MERGE_MIN = Duration.ofSeconds(1);
  private static final Duration MERGE_MAX = Duration.ofSeconds(4);

  private static final Duration CONNECT = Duration.ofSeconds(2);

  /** How long an instance that starts looks for others before it is the first one. */
  private static final Duration JOIN = Duration.ofSeconds(2);

  private static final int MAX_WRITE = 1 << 20;
  private static final int FRAGMENT = 60_000;
  private static final int CREDITS = 2_000_000;

  private Stack() {}

  /** A channel that is not connected yet. */
  static JChannel channel(EngineConfig config, TlsSockets sockets) throws Exception {
    return new JChannel(
        List.of(
            transport(config, sockets),
            config.discovery().protocol(config.port(), config.portRange()),
            new MERGE3().setMaxInterval(MERGE_MAX.toMillis()).setMinInterval(MERGE_MIN.toMillis()),
            new FD_ALL3().setTimeout(SILENCE.toMillis()).setInterval(HEARTBEAT.toMillis()),
            new VERIFY_SUSPECT2().setTimeout(VERIFY.toMillis()),
            new NAKACK2().useMcastXmit(false),
            new UNICAST3(),
            new STABLE(),
            new GMS().printLocalAddress(false).setJoinTimeout(JOIN.toMillis()),
            new UFC().setMaxCredits(CREDITS),
            new FRAG2().setFragSize(FRAGMENT)));
  }

  /**
   * A connection that breaks makes its member suspected at once: JGroups' own protocol for that
   * listens at a port without TLS.
   */
  private static Protocol transport(EngineConfig config, TlsSockets sockets) {
    TCP tcp = new TCP();
    tcp.setSocketFactory(sockets);
    tcp.enableSuspectEvents(true)
        .tcpNodelay(true)
        .setSockConnTimeout((int) CONNECT.toMillis())
        .setMaxLength(MAX_WRITE)
        .logDetails(false);
    // One thread for all would stand still with the first member that does, and what the others are
    // told would wait behind it: they would take this member for dead, too.
    PerDestinationBundler bundler = new PerDestinationBundler();
    bundler.useSingleSenderThread(false);
    tcp.setBundler(bundler);
    tcp.nonBlockingSends(true);
    tcp.setBindPort(config.port()).setPortRange(config.portRange());
    // Pinned to a thread of the platform by a listener, a virtual one would gain nothing.
    tcp.useVirtualThreads(false).logDiscardMsgs(false);
    if (config.bind() != null) {
      tcp.setBindAddr(config.bind());
    }
    return tcp;
  }
}
