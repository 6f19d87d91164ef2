package io.fluxwire.channel;

import io.fluxwire.testing.ChannelStoreTck;

class MemoryChannelStoreTest extends ChannelStoreTck {

  @Override
  protected ChannelStore create() {
    return MemoryChannelStore.create();
  }
}
