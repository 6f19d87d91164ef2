/** The page of a node. */
module io.fluxwire.page {
  requires transitive io.fluxwire.netty;
  requires transitive reactor.netty.http;
  requires HdrHistogram;
  requires com.fasterxml.jackson.databind;
  requires java.management;
  requires jdk.management;
  requires io.netty.codec.http;

  // Reactor Netty needs it for any server, but is no module that could say so.
  requires io.netty.codec.http2;
  requires io.netty.common;
  requires io.netty.transport;

  // Used where it is. Not transitive: whoever requires this module need not have it.
  requires static micrometer.core;
  requires static io.fluxwire.fleet;

  exports io.fluxwire.page;

  // Writes the snapshots, which are records.
  opens io.fluxwire.page to
      com.fasterxml.jackson.databind;
}
