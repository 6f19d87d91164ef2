package io.fluxwire.session;

import org.testng.annotations.Test;

/** The same of an upgraded session. */
@Test
public class ReceiveUpgradedTckTest extends ReceiveTckTest {

  public ReceiveUpgradedTckTest() {
    super(Dialect.UPGRADED);
  }
}
