/** The protocol as Reactor operators, over any byte duplex. */
module io.fluxwire.core {
  requires transitive io.fluxwire.proto;
  requires transitive io.netty.buffer;
  requires transitive org.jspecify;
  requires transitive org.reactivestreams;
  requires transitive reactor.core;
  requires io.netty.common;
  requires org.bouncycastle.provider;
  requires java.management;
  requires org.slf4j;

  // Used where they are. Not transitive: whoever requires this module need not have them.
  requires static jdk.management;
  requires static micrometer.core;
  requires static micrometer.observation;
  requires static micrometer.commons;
  requires static secp256k1.kmp.jvm;

  exports io.fluxwire;
  exports io.fluxwire.access;
  exports io.fluxwire.channel;
  // Session keys, which the stages of a handshake take and give.
  exports io.fluxwire.crypto;
  exports io.fluxwire.dial;
  exports io.fluxwire.group;
  exports io.fluxwire.handshake;
  exports io.fluxwire.handshake.v3;
  exports io.fluxwire.identity;
  exports io.fluxwire.lightning;
  exports io.fluxwire.memory;
  exports io.fluxwire.observe;
  exports io.fluxwire.packet;
  exports io.fluxwire.record;
  exports io.fluxwire.record.aead;
  exports io.fluxwire.record.v3;
  exports io.fluxwire.request;
  exports io.fluxwire.session;
  exports io.fluxwire.timeout;
  exports io.fluxwire.transport;

  // Not for users.
  exports io.fluxwire.internal to
      io.fluxwire.fleet,
      io.fluxwire.fleet.jgroups,
      io.fluxwire.netty,
      io.fluxwire.page,
      io.fluxwire.rsocket,
      io.fluxwire.testing;
  exports io.fluxwire.observe.dial to
      io.fluxwire.netty;
  exports io.fluxwire.handshake.bolt8 to
      io.fluxwire.testing;
  exports io.fluxwire.handshake.internal to
      io.fluxwire.netty,
      io.fluxwire.testing;
  exports io.fluxwire.record.internal to
      io.fluxwire.testing;
}
