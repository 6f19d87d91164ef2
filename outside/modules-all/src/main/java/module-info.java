/** An application on the module path with what is optional: both stores, RSocket, and the page. */
module modules.all {
  requires io.fluxwire.channel.disk;
  requires io.fluxwire.channel.redis;
  requires io.fluxwire.page;
  requires io.fluxwire.rsocket;
  requires java.net.http;
}
