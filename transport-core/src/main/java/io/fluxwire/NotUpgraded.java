package io.fluxwire;

import reactor.core.publisher.Mono;

/** What a session of version 3 cannot do. */
final class NotUpgraded {

  private NotUpgraded() {}

  static <T> Mono<T> error(String what) {
    return Mono.error(
        () ->
            new UnsupportedOperationException(
                what
                    + " takes an upgraded session, which both nodes have to allow (UpgradePolicy);"
                    + " session() says what this one is"));
  }
}
