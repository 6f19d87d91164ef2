package io.fluxwire.node;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** What the command line's log makes of what others wrote. */
class LogTest {

  @Test
  @ResourceLock(Resources.SYSTEM_ERR)
  void nothingInALogActsOnWhoReadsIt() throws Exception {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      LoggerContext context = new LoggerContext();
      context.setMDCAdapter(new LogbackMDCAdapter());
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(Main.class.getResource("/logback.xml"));
      context
          .getLogger("io.fluxwire.test")
          .warn("peer says {}", "\033[2J\r\u202e", new IllegalStateException("and \u009b1m\nmore"));
      context.stop();
    } finally {
      System.setErr(before);
    }

    assertThat(log.toString(StandardCharsets.UTF_8))
        .contains(
            "peer says \ufffd[2J\n    \ufffd\n", "IllegalStateException: and \ufffd1m", "\tat ")
        .doesNotContainPattern("[\\p{Cc}\\p{Cf}&&[^\\t\\n]]");
  }
}
