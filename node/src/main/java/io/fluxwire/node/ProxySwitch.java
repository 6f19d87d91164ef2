package io.fluxwire.node;

import io.fluxwire.page.NetworkSwitch;
import io.fluxwire.testing.FaultProxy;

/** Lets the page's buttons break the demo's network. */
record ProxySwitch(FaultProxy proxy) implements NetworkSwitch {

  @Override
  public void drop() {
    proxy.reset();
  }

  @Override
  public void stall() {
    proxy.stall();
  }

  @Override
  public void heal() {
    proxy.resume();
  }
}
