package io.fluxwire.netty;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** Gives every name the same addresses. */
final class FixedResolver extends AddressResolverGroup<InetSocketAddress> {

  private final List<String> addresses;

  FixedResolver(String... addresses) {
    this.addresses = List.of(addresses);
  }

  @Override
  protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
    return new InetNameResolver(executor) {
      @Override
      protected void doResolve(String name, Promise<InetAddress> promise) {
        throw new AssertionError("a dial looks at all addresses");
      }

      @Override
      protected void doResolveAll(String name, Promise<List<InetAddress>> promise)
          throws UnknownHostException {
        if (addresses.isEmpty()) {
          promise.setFailure(new UnknownHostException(name));
          return;
        }
        List<InetAddress> found = new ArrayList<>();
        for (String address : addresses) {
          found.add(InetAddress.getByName(address));
        }
        promise.setSuccess(found);
      }
    }.asAddressResolver();
  }
}
