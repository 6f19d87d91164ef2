package io.fluxwire.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import org.junit.jupiter.api.Test;

class LeakGateTest {

  @Test
  void watchesEveryBufferOfThisRun() {
    assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
    assertThat(ResourceLeakDetectorFactory.instance().getClass())
        .hasPackage(LeakGate.class.getPackage());
  }
}
