package io.fluxwire;

import reactor.core.publisher.Mono;

/** The error of operations that a session of version 3 does not have. */
final class NotUpgraded {

  private NotUpgraded() {}

  static <T> Mono<T> error(String what) {
    return Mono.error(
        () ->
            new UnsupportedOperationException(
                what
                    + " needs an upgraded session, which both nodes have to allow (UpgradePolicy);"
                    + " session() says what this one is"));
  }
}
