package chat;

import chat.proto.ChatPkt;
import io.fluxwire.PeerConnection;
import io.fluxwire.handshake.Role;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.session.SessionSpec;
import io.fluxwire.testing.MemoryDuplex;
import io.fluxwire.testing.PeerConnectionTck;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The tutorial's packets keep the contract of a connection. */
class ChatConnectionTest extends PeerConnectionTck<ChatPkt> {

  private final Scheduler loop = Schedulers.newSingle("loop", true);

  @Override
  protected Ends<ChatPkt> connect() {
    MemoryDuplex.Pair ends = MemoryDuplex.pair(loop);
    SessionSpec<ChatPkt> spec = SessionSpec.of(NodeKey.generate()).codec(Chat.CODEC);
    Mono<PeerConnection<ChatPkt>> acceptor =
        spec.nodeKey(NodeKey.generate()).establish(ends.acceptor(), Role.ACCEPTOR);
    return spec.establish(ends.dialer(), Role.DIALER).zipWith(acceptor, Ends::new).block();
  }

  @Override
  protected ChatPkt packet(int number) {
    return Chat.say("line " + number);
  }

  /** A short packet is lengthened on its way, by a field that its message does not know. */
  @Override
  protected Object value(ChatPkt packet) {
    return packet.getSay().getText();
  }

  @Override
  protected void stop() {
    loop.disposeGracefully().block();
  }
}
