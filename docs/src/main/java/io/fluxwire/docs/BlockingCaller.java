package io.fluxwire.docs;

import chat.Chat;
import chat.proto.ChatPkt;
import io.fluxwire.PeerConnection;
import io.fluxwire.dial.PeerLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Flux;

/** The page on callers that block. */
final class BlockingCaller {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private BlockingCaller() {}

  static List<String> talk(PeerLink<ChatPkt> alice, List<String> lines) {
    PeerConnection<ChatPkt> peer = alice.connection().blockOptional(LIMIT).orElseThrow();
    peer.send(Flux.fromIterable(lines).map(Chat::say)).block(LIMIT);
    List<String> answers = new ArrayList<>();
    for (ChatPkt packet : peer.receive().take(lines.size()).toIterable(8)) {
      answers.add(packet.getSay().getText());
    }
    return answers;
  }
}
