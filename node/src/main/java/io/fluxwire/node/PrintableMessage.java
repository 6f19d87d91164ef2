package io.fluxwire.node;

import ch.qos.logback.classic.pattern.MessageConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.fluxwire.internal.PrintableText;
import java.util.stream.Collectors;

/**
 * A log event's message on whose lines nothing acts, whoever wrote parts of it. Those after the
 * first are indented, so that they cannot be taken for another event.
 */
public final class PrintableMessage extends MessageConverter {

  /** For the log's configuration. */
  public PrintableMessage() {}

  @Override
  public String convert(ILoggingEvent event) {
    return super.convert(event)
        .lines()
        .map(PrintableText::of)
        .collect(Collectors.joining("\n    "));
  }
}
