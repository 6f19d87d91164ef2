package io.fluxwire.netty;

import io.fluxwire.PeerException;
import io.fluxwire.proto.Pkt;

/** A process without a usable curve: says what can be done before there has to be one. */
final class WithoutCurve {

  private WithoutCurve() {}

  /** Prints what it has made, and then the error of what needs the curve. */
  public static void main(String[] args) {
    PeerServer<Pkt> server = PeerServer.create().host("127.0.0.1").port(0);
    PeerClient<Pkt> client = PeerClient.create().remote("127.0.0.1", 9735);
    System.out.println(server);
    System.out.println(client);
    try {
      server.bindNow();
    } catch (IllegalStateException | PeerException e) {
      System.out.println("bind: " + e.getMessage());
    }
  }
}
