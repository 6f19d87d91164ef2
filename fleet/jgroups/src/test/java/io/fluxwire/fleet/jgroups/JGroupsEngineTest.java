package io.fluxwire.fleet.jgroups;

import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.fleet.engine.EngineLink;
import io.fluxwire.fleet.engine.FleetEngine;
import io.fluxwire.fleet.testing.FleetEngineTck;
import io.fluxwire.identity.NodeKey;
import java.net.InetAddress;
import java.util.List;
import org.jgroups.JChannel;
import org.jgroups.protocols.DISCARD;
import org.jgroups.protocols.TCP;
import org.jgroups.stack.ProtocolStack;
import org.jgroups.util.Util;
import org.junit.jupiter.api.Tag;

/** The contract of an engine, by instances in one process that speak over sockets. */
@Tag("slow")
class JGroupsEngineTest extends FleetEngineTck {

  private static final int INSTANCES = 4;

  private final NodeKey key = NodeKey.generate();
  private final List<Integer> ports = Ports.free(INSTANCES);

  @Override
  protected FleetEngine engine(int instance) {
    return JGroupsEngine.builder("tck", key, Ports.all(ports))
        .bind(InetAddress.getLoopbackAddress())
        .port(ports.get(instance))
        .build();
  }

  private static JChannel channel(EngineLink link) {
    JChannel channel = ((JGroupsLink) link).channel();
    assertThat(channel).isNotNull();
    return channel;
  }

  @Override
  protected void kill(int instance, EngineLink link) {
    try {
      Util.shutdown(channel(link));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  protected void cut(int instance, EngineLink link, boolean cut) {
    ProtocolStack stack = channel(link).getProtocolStack();
    try {
      if (cut) {
        stack.insertProtocol(
            new DISCARD().discardAll(true), ProtocolStack.Position.ABOVE, TCP.class);
      } else {
        stack.removeProtocol(DISCARD.class);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
