package io.fluxwire.node;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.fluxwire.internal.PrintableText;
import java.util.stream.Collectors;

/** A log event's stack trace, on whose lines nothing acts, whatever the messages in it hold. */
public final class PrintableThrowable extends ThrowableProxyConverter {

  /** For the log's configuration. */
  public PrintableThrowable() {}

  @Override
  public String convert(ILoggingEvent event) {
    return super.convert(event)
        .lines()
        .map(line -> PrintableText.of(line) + "\n")
        .collect(Collectors.joining());
  }
}
