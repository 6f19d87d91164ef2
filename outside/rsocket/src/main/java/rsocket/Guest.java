package rsocket;

import io.fluxwire.NodeId;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.rsocket.FluxwireClientTransport;
import io.fluxwire.rsocket.FluxwireRSocket;
import io.netty.buffer.ByteBuf;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.util.DefaultPayload;

/** Asks the greeter once. */
public final class Guest {

  private Guest() {}

  /** Says its name to the greeter on this machine whose node id is the argument. */
  public static void main(String[] args) {
    NodeKey key = NodeKey.generate();
    NodeId greeter = NodeId.parse(args[0]);
    PeerClient<ByteBuf> client =
        PeerClient.create(key, PacketCodec.raw()).remote("localhost", 9735).expect(greeter);
    RSocket rsocket =
        FluxwireRSocket.connector(greeter).connect(FluxwireClientTransport.create(client)).block();
    String answer =
        rsocket.requestResponse(DefaultPayload.create("guest")).map(Payload::getDataUtf8).block();
    System.out.println(answer.replace(key.id().toString(), "the one with this key"));
    rsocket.dispose();
  }
}
