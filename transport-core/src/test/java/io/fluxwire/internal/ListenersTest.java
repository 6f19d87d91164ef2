package io.fluxwire.internal;

import static io.fluxwire.testing.Thrown.raise;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.testing.CallbackLog;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ListenersTest {

  private final List<String> told = new ArrayList<>();

  @Test
  void oneMoreReplacesNoneAndChangesNoOther() {
    Listeners<String> none = Listeners.none("a listener");
    Listeners<String> one = none.plus(event -> told.add("first " + event));
    Listeners<String> two = one.plus(event -> told.add("second " + event));
    assertThat(none.isEmpty()).isTrue();
    assertThat(one.isEmpty()).isFalse();
    none.tell("a");
    one.tell("b");
    two.tell("c");
    assertThat(told).containsExactly("first b", "first c", "second c");
  }

  @ParameterizedTest
  @MethodSource("io.fluxwire.testing.Thrown#kinds")
  void whatOneThrowsIsLoggedAndTheOthersAreTold(Throwable thrown) {
    Listeners<String> listeners =
        Listeners.<String>none("a listener").plus(event -> raise(thrown)).plus(told::add);
    try (CallbackLog log = new CallbackLog()) {
      listeners.tell("news");
      assertThat(log.logged()).containsExactly(thrown);
    }
    assertThat(told).containsExactly("news");
  }
}
