/** The engine of a fleet on Redis. */
module io.fluxwire.fleet.redis {
  requires transitive io.fluxwire.fleet;
  requires transitive lettuce.core;
  requires org.slf4j;

  // Lettuce's, which as an automatic module cannot say so.
  requires io.netty.codec;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.resolver;
  requires io.netty.resolver.dns;
  requires io.netty.transport;
  requires io.netty.transport.unix.common;

  exports io.fluxwire.fleet.redis;
}
