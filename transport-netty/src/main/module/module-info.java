/** Clients and servers on Reactor Netty. */
module io.fluxwire.netty {
  requires transitive io.fluxwire.core;
  requires transitive reactor.netty.core;
  requires io.netty.codec.dns;
  requires io.netty.codec.socks;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.resolver;
  requires io.netty.resolver.dns;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires jdk.net;
  requires org.slf4j;

  // Used where they are. Not transitive: whoever requires this module need not have them.
  requires static io.netty.codec.haproxy;
  requires static micrometer.core;
  requires static micrometer.observation;

  // Reactor Netty's, which as an automatic module cannot say so.
  requires io.netty.handler.proxy;

  // Nobody refers to them, and Netty looks for their libraries.
  requires io.netty.resolver.dns.classes.macos;
  requires io.netty.resolver.dns.macos.osx.aarch_64;
  requires io.netty.resolver.dns.macos.osx.x86_64;
  requires io.netty.transport.epoll.linux.aarch_64;
  requires io.netty.transport.epoll.linux.x86_64;

  exports io.fluxwire.netty;

  // Not for users.
  exports io.fluxwire.netty.internal to
      io.fluxwire.testing;
}
