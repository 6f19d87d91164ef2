package io.fluxwire.spring.test.application;

import io.fluxwire.PeerConnection;
import io.fluxwire.proto.Pkt;
import io.fluxwire.spring.PeerHandler;
import org.reactivestreams.Publisher;
import org.springframework.stereotype.Component;

/** Serves peers. */
@Component
class Echo implements PeerHandler<Pkt> {

  @Override
  public Publisher<Void> handle(PeerConnection<Pkt> peer) {
    return peer.send(peer.receive());
  }
}
