package io.fluxwire.spring;

import io.fluxwire.NodeIdentity;
import io.fluxwire.access.AccessList;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.BanList;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.channel.ChannelStore;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.netty.PeerServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;

/**
 * A node of properties and beans. Each of these makes way for a bean of the application's own:
 *
 * <ul>
 *   <li>{@link NodeIdentity}: the key of {@code fluxwire.node.key-file}, or a throw-away one where
 *       {@code fluxwire.node.ephemeral} wants it; made only if something needs it
 *   <li>{@link PeerServer} and the {@link FluxwireServer} that runs it, where there is a {@code
 *       fluxwire.server.port}, {@code fluxwire.server.rsocket} is true, or a bean is a {@link
 *       PeerHandler} or a {@link ChannelHandler}
 *   <li>{@link FluxwireClients}, where there is one in {@code fluxwire.clients}, and for each a
 *       {@link io.fluxwire.dial.PeerLink} with the client's name as its qualifier, and a {@link
 *       io.fluxwire.channel.PeerChannel} with it, where {@code channel.name} names one
 *   <li>{@link PeerGroup}, where {@code fluxwire.group.enabled} is true
 *   <li>{@link AccessList} of {@code fluxwire.server.allow}, {@link BanList} of {@code
 *       fluxwire.server.ban-file}, {@link ChannelStore} of {@code fluxwire.channels.folder}
 * </ul>
 *
 * <p>Besides these it takes up beans of the types {@link io.fluxwire.packet.PacketCodec}, {@link
 * io.fluxwire.request.RequestSpec}, {@link io.fluxwire.request.RequestHandlers}, {@link
 * Authorizer}, {@link ChannelSpec}, {@link PeerServerCustomizer}, {@link PeerClientCustomizer},
 * {@link MeterRegistry} and {@link ObservationRegistry}.
 */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
      "org.springframework.boot.actuate.autoconfigure.observation.ObservationAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
      "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
    })
@EnableConfigurationProperties(FluxwireProperties.class)
@Import({DiskStoreConfiguration.class, ChannelConfiguration.class})
public final class FluxwireAutoConfiguration {

  /** The name of the bean that the properties of the node make. */
  static final String KEY = "fluxwireNodeKey";

  /** The name of the bean that the properties of the server make. */
  static final String SERVER = "fluxwirePeerServer";

  /** The name of the bean that makes the links. */
  static final String CLIENTS = "fluxwireClients";

  /** The name of the bean that opens the channels. */
  static final String CHANNELS = "fluxwireClientChannels";

  /** The name of the bean that {@code fluxwire.server.allow} makes. */
  static final String FRIENDS = "fluxwireAccessList";

  /** The name of the bean that {@code fluxwire.server.ban-file} makes. */
  static final String BANS = "fluxwireBanList";

  /** For Spring. */
  public FluxwireAutoConfiguration() {}

  @Bean(name = KEY, destroyMethod = "destroy")
  @Lazy
  @ConditionalOnMissingBean(NodeIdentity.class)
  NodeKey fluxwireNodeKey(FluxwireProperties properties) {
    FluxwireProperties.Node node = properties.node();
    Path file = node.keyFile();
    if (node.ephemeral() == (file != null)) {
      throw new FluxwireConfigurationException(
          "fluxwire.node.key-file",
          node.ephemeral()
              ? "a node with a key file is not ephemeral"
              : "this node has no key, and so nobody could know it again",
          "Set fluxwire.node.key-file to a file, which is made if it is not there; or"
              + " fluxwire.node.ephemeral=true for a new node id at each start; or define a"
              + " NodeIdentity bean.",
          null);
    }
    return file == null ? NodeKey.generate() : load(file);
  }

  private static NodeKey load(Path file) {
    try {
      return NodeKey.loadOrCreate(file);
    } catch (IOException e) {
      throw unusable("fluxwire.node.key-file", e);
    }
  }

  private static FluxwireConfigurationException unusable(String property, IOException cause) {
    // The system's own words for a file that is not there are its name.
    return new FluxwireConfigurationException(
        property,
        cause.getClass().getSimpleName() + ": " + cause.getMessage(),
        "See to the file, or set " + property + " to another one.",
        cause);
  }

  @Bean
  SettingsWithoutEffect fluxwireSettingsWithoutEffect(
      FluxwireProperties properties, ListableBeanFactory beans, Environment environment) {
    return new SettingsWithoutEffect(properties, beans, environment);
  }

  @Bean
  NodeFactory fluxwireNodeFactory(FluxwireProperties properties, BeanFactory beans) {
    return new NodeFactory(properties, new ApplicationBeans(beans));
  }

  /** What listens. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(name = "fluxwire.server.enabled", matchIfMissing = true)
  static class Listening {

    @Bean(FRIENDS)
    @Conditional(PropertyCondition.Allow.class)
    @ConditionalOnMissingBean(Authorizer.class)
    AccessList fluxwireAccessList(NodeFactory node) {
      return node.accessList();
    }

    @Bean(BANS)
    @ConditionalOnProperty("fluxwire.server.ban-file")
    @ConditionalOnMissingBean
    BanList fluxwireBanList(FluxwireProperties properties) {
      try {
        Path file = Objects.requireNonNull(properties.server().banFile()).toAbsolutePath();
        Path folder = file.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
          // Or nobody would hear of it before the first ban.
          throw new NoSuchFileException(folder + " is no folder");
        }
        return BanList.open(file);
      } catch (IOException e) {
        throw unusable("fluxwire.server.ban-file", e);
      }
    }

    @Bean
    @ConditionalOnSingleCandidate(BanList.class)
    BanFileFlush fluxwireBanFileFlush(BanList bans) {
      return new BanFileFlush(bans);
    }

    @Bean(SERVER)
    @Conditional(ServerCondition.class)
    @ConditionalOnMissingBean({PeerServer.class, FluxwireServer.class})
    PeerServer<?> fluxwirePeerServer(NodeFactory node) {
      return node.server();
    }

    @Bean
    @ConditionalOnSingleCandidate(PeerServer.class)
    @ConditionalOnMissingBean
    FluxwireServer fluxwireServer(PeerServer<?> settings) {
      return FluxwireServer.of(settings);
    }

    @Bean
    @ConditionalOnSingleCandidate(AccessList.class)
    Revocation fluxwireRevocation(AccessList friends, ObjectProvider<FluxwireServer> servers) {
      return new Revocation(friends, servers.stream().toList());
    }
  }

  /** What dials. */
  @Configuration(proxyBeanMethods = false)
  @Conditional(PropertyCondition.Clients.class)
  @Import({LinkRegistrar.class, ChannelRegistrar.class})
  static class Dialling {

    @Bean(CLIENTS)
    FluxwireClients fluxwireClients(NodeFactory node) {
      return node.clients();
    }

    @Bean(CHANNELS)
    ClientChannels fluxwireClientChannels(
        FluxwireProperties properties, FluxwireClients clients, Optional<ChannelSpec> spec) {
      return new ClientChannels(properties, clients, spec);
    }
  }

  /** Many peers, with one connection each. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty("fluxwire.group.enabled")
  static class Grouped {

    @Bean
    @ConditionalOnMissingBean
    PeerGroup<?> fluxwirePeerGroup(NodeIdentity identity) {
      return PeerGroup.of(identity.id());
    }

    /** The instances of a fleet share them. */
    @Bean
    @ConditionalOnMissingBean(FleetServing.class)
    GroupMembers<?> fluxwireGroupMembers(NodeFactory node, PeerGroup<?> group) {
      return node.members(ApplicationBeans.typed(group));
    }
  }

  /** Meters, where there is a registry. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  static class Metered {

    @Bean
    @ConditionalOnSingleCandidate(MeterRegistry.class)
    Meters fluxwireMeters(MeterRegistry registry) {
      return new Meters(registry);
    }
  }

  /** Traces, where there is a registry. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ObservationRegistry.class)
  static class Observed {

    @Bean
    @ConditionalOnSingleCandidate(ObservationRegistry.class)
    Observations fluxwireObservations(ObservationRegistry registry) {
      return new Observations(registry);
    }
  }
}
