package io.fluxwire.testing;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** Listens to what is logged of code of the application's that threw, from now until its close. */
public final class CallbackLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final Logger logger = (Logger) LoggerFactory.getLogger("io.fluxwire.callbacks");
  private final List<Throwable> logged = new CopyOnWriteArrayList<>();

  public CallbackLog() {
    start();
    logger.addAppender(this);
    logger.setAdditive(false);
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (event.getThrowableProxy() instanceof ThrowableProxy proxy) {
      logged.add(proxy.getThrowable());
    }
  }

  /** What was thrown, once for each line. */
  public List<Throwable> logged() {
    return logged;
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    logger.setAdditive(true);
  }
}
