/** RSocket over connections whose peers are proven. */
module io.fluxwire.rsocket {
  requires transitive io.fluxwire.netty;
  requires transitive rsocket.core;
  requires io.netty.common;

  exports io.fluxwire.rsocket;
}
