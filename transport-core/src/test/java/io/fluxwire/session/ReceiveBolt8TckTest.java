package io.fluxwire.session;

import org.testng.annotations.Test;

/** The same of a session of BOLT 8. */
@Test
public class ReceiveBolt8TckTest extends ReceiveTckTest {

  public ReceiveBolt8TckTest() {
    super(Dialect.BOLT_8);
  }
}
