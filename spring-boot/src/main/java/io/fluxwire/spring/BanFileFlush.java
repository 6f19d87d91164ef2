package io.fluxwire.spring;

import io.fluxwire.access.BanList;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;

/** Waits, when the context is closed, until the file has the last bans. */
record BanFileFlush(BanList bans) implements DisposableBean {

  private static final Logger LOG = LoggerFactory.getLogger(BanFileFlush.class);
  private static final Duration LIMIT = Duration.ofSeconds(5);

  @Override
  public void destroy() {
    try {
      bans.flush().block(LIMIT);
    } catch (RuntimeException e) {
      LOG.warn("the last bans may not be in their file", e);
    }
  }
}
