package io.fluxwire.spring;

import static io.fluxwire.spring.Contexts.LIMIT;
import static io.fluxwire.spring.Contexts.client;
import static io.fluxwire.spring.Contexts.node;
import static io.fluxwire.spring.Contexts.server;
import static org.assertj.core.api.Assertions.assertThat;

import io.fluxwire.NodeIdentity;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.channel.Delivery;
import io.fluxwire.channel.MemoryChannelStore;
import io.fluxwire.channel.PeerChannel;
import io.fluxwire.dial.PeerLink;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.packet.Hello;
import io.fluxwire.proto.Pkt;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import reactor.core.publisher.Mono;

/** Channels that properties open. */
@ExtendWith(OutputCaptureExtension.class)
class ClientChannelsTest {

  private final NodeKey key = NodeKey.generate();
  private final List<Long> taken = new CopyOnWriteArrayList<>();

  @TempDir private Path folder;

  /** A bean that uses a channel by the client's name. */
  static class Sender {

    final PeerChannel<Pkt> channel;

    Sender(@Qualifier("echo") PeerChannel<Pkt> channel) {
      this.channel = channel;
    }

    long send() {
      return channel.sendOne(Hello.packet()).blockOptional(LIMIT).orElseThrow();
    }
  }

  private ApplicationContextRunner service() {
    return node()
        .withPropertyValues(
            "fluxwire.server.host=127.0.0.1",
            "fluxwire.server.port=0",
            "fluxwire.channels.folder=" + folder.resolve("in"))
        .withBean(ChannelHandler.class, this::taking);
  }

  private ChannelHandler<Pkt> taking() {
    return channel -> channel.handle(this::take);
  }

  private Mono<Void> take(Delivery<Pkt> delivery) {
    return Mono.fromRunnable(() -> taken.add(delivery.number()));
  }

  private ApplicationContextRunner sender(ApplicationContextRunner client) {
    return client
        .withBean(Sender.class)
        .withBean(NodeIdentity.class, () -> key)
        .withPropertyValues(
            "fluxwire.node.ephemeral=false",
            "fluxwire.clients.echo.channel.name=numbers",
            "fluxwire.channels.folder=" + folder.resolve("out"));
  }

  private static ApplicationContextRunner nowhere() {
    return node()
        .withPropertyValues(
            "fluxwire.clients.echo.remotes=127.0.0.1:1",
            "fluxwire.clients.echo.expect=" + NodeKey.generate().id());
  }

  /** To where nobody listens. */
  private ApplicationContextRunner lonely() {
    return sender(nowhere());
  }

  private static FluxwireHealth.State health(ApplicationContext context) {
    return context.getBean(FluxwireHealth.class).parts().get("echoPeerChannel").get();
  }

  @Test
  void aChannelIsABeanThatGoesOnInTheNextContext() {
    service()
        .run(
            service -> {
              ApplicationContextRunner sender =
                  sender(client(server(service)))
                      .withPropertyValues("fluxwire.clients.echo.keep-connected=false");
              for (long run = 0; run < 2; run++) {
                long number = run;
                sender.run(
                    context -> {
                      Sender bean = context.getBean(Sender.class);
                      assertThat(bean.channel.stored().next()).isEqualTo(number);
                      bean.channel.acknowledged(bean.send()).block(LIMIT);
                      assertThat(health(context).up()).isTrue();
                      assertThat(health(context).details()).containsEntry("stored", number + 1);
                      Contexts.await(
                          "the store knows",
                          () ->
                              Long.valueOf(0)
                                  .equals(health(context).details().get("notAcknowledged")));
                      assertThat(context).doesNotHaveBean(PeerLink.class);
                    });
              }
            });
    assertThat(taken).containsExactly(0L, 1L);
  }

  @Test
  void whatIsNotAcknowledgedIsKeptAndReported(CapturedOutput output) {
    PeerChannel<?>[] closed = new PeerChannel<?>[1];
    lonely()
        .run(
            context -> {
              Sender bean = context.getBean(Sender.class);
              closed[0] = bean.channel;
              assertThat(bean.send()).isEqualTo(1);
              Contexts.await(
                  "why it is down", () -> health(context).details().containsKey("lastError"));
              assertThat(health(context).up()).isFalse();
              assertThat(health(context).details()).containsEntry("notAcknowledged", 1L);
            });
    assertThat(closed[0].onClose().toFuture()).isCompleted();
    assertThat(output).containsPattern("numbers.*packets that its store keeps for the peer: 1");
  }

  @Test
  void aChannelIsBesideAGroupAndInAnyStore() {
    lonely()
        .withBean(ChannelStore.class, MemoryChannelStore::create)
        .withPropertyValues("fluxwire.group.enabled=true")
        .run(
            context -> {
              assertThat(context.getBean(Sender.class).send()).isEqualTo(1);
              assertThat(context).hasSingleBean(PeerGroup.class);
            });
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void aStoreThatAnotherOneUsesFailsTheStart() {
    lonely()
        .run(
            context ->
                // The same node, peer and name.
                lonely()
                    .withPropertyValues(
                        "fluxwire.clients.echo.expect="
                            + context.getEnvironment().getProperty("fluxwire.clients.echo.expect"))
                    .run(other -> assertFails(other.getStartupFailure(), "is open already")));
  }

  @Test
  void aChannelWithoutAStoreFailsTheStart() {
    nowhere()
        .withPropertyValues("fluxwire.clients.echo.channel.name=numbers")
        .run(
            context ->
                assertFails(
                    context.getStartupFailure(),
                    "fluxwire.clients.echo.channel.name",
                    "there is no store"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fluxwire.clients.echo.expect=anyone | expect | one node, and not anyone",
        "fluxwire.clients.echo.channel.name= | channel.name | 1 to 255 bytes",
      })
  void aBadOneIsNamed(String property, String named, String said) {
    lonely()
        .withPropertyValues(property)
        .run(
            context ->
                assertFails(context.getStartupFailure(), "fluxwire.clients.echo." + named, said));
  }

  private static void assertFails(Throwable failure, String... said) {
    FailureAnalysis analysis = new FluxwireFailureAnalyzer().analyze(failure);
    assertThat(analysis).isNotNull();
    assertThat(analysis.getDescription()).contains(said);
  }
}
