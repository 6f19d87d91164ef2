/** An application on the module path. */
module modules {
  requires io.fluxwire.netty;

  // To tell whether Netty finds its native library; an application needs only the one above.
  requires io.netty.transport.classes.epoll;
}
