package io.fluxwire.spring;

import io.fluxwire.NodeId;
import io.fluxwire.access.AccessList;
import io.fluxwire.access.Authorizer;
import io.fluxwire.access.BanList;
import io.fluxwire.channel.ChannelSpec;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.netty.PeerClient;
import io.fluxwire.netty.PeerServer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.request.RequestHandlers;
import io.fluxwire.request.RequestSpec;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Makes the server and the clients of the properties and of the application's beans. */
record NodeFactory(FluxwireProperties properties, ApplicationBeans beans) {

  PeerServer<?> server() {
    PacketCodec<Object> codec = codec(properties.server().rsocket());
    PeerServer<Object> plain =
        ServerSettings.apply(properties, PeerServer.create(beans.identity(), codec));
    PeerServer<Object> server = withChannels(withAccess(withHandler(plain)));
    for (Instrumentation instrumentation : beans.<Instrumentation>all(Instrumentation.class)) {
      server = instrumentation.server(server);
    }
    for (PeerServerCustomizer<Object> customizer :
        beans.<PeerServerCustomizer<Object>>all(PeerServerCustomizer.class)) {
      server = customizer.customize(server);
    }
    return server;
  }

  /** Bans come first: they also keep out whom the application would let in. */
  private PeerServer<Object> withAccess(PeerServer<Object> server) {
    requireAllOfAccess();
    Authorizer own = beans.<Authorizer>one(Authorizer.class).orElseGet(Authorizer::anyone);
    Optional<FleetServing> fleet = beans.one(FleetServing.class);
    Optional<BanList> bans = beans.one(BanList.class);
    Authorizer ofFleet = fleet.map(instance -> instance.authorizer(own)).orElse(own);
    PeerServer<Object> authorized =
        server.authorize(bans.map(list -> list.authorizer(ofFleet)).orElse(ofFleet));
    PeerServer<Object> asked = fleet.map(one -> one.refusing(authorized)).orElse(authorized);
    return Stream.concat(
            bans.stream().map(BanList::addresses), fleet.stream().map(FleetServing::addresses))
        .reduce(Predicate::and)
        .map(asked::admit)
        .orElse(asked);
  }

  /** Who is kept out by a property that a bean takes the place of would come in unnoticed. */
  private void requireAllOfAccess() {
    FluxwireProperties.Server set = properties.server();
    if (set.allow() != null) {
      requireMade(FluxwireAutoConfiguration.FRIENDS, "fluxwire.server.allow", "an Authorizer bean");
    }
    if (set.banFile() != null) {
      requireMade(FluxwireAutoConfiguration.BANS, "fluxwire.server.ban-file", "a BanList bean");
    }
  }

  private void requireMade(String bean, String property, String other) {
    if (!beans.factory().containsBean(bean)) {
      throw new FluxwireConfigurationException(
          property,
          "there is " + other + " of the application's, so this property has no effect",
          "Remove the property, or the bean.",
          null);
    }
  }

  /** RSocket makes the packets of its connections itself. */
  private PacketCodec<Object> codec(boolean rsocket) {
    return rsocket ? ApplicationBeans.typed(PacketCodec.raw()) : beans.codec();
  }

  private PeerServer<Object> withHandler(PeerServer<Object> server) {
    if (properties.server().rsocket()) {
      return server.handle(ApplicationBeans.typed(rsocket().handler()));
    }
    PeerServer<Object> asked = requests().map(server::requests).orElse(server);
    Optional<PeerHandler<Object>> handler = beans.one(PeerHandler.class);
    if (properties.group().enabled()) {
      if (handler.isPresent()) {
        throw new FluxwireConfigurationException(
            "fluxwire.group.enabled",
            "the group takes all peers, and a PeerHandler bean wants them, too",
            "Remove the bean and use the PeerGroup bean, or remove the property.",
            null);
      }
      PeerGroup<Object> group = ApplicationBeans.typed(beans.factory().getBean(PeerGroup.class));
      return asked.handle(group::accept);
    }
    return handler.map(one -> asked.handle(one::handle)).orElse(asked);
  }

  private RSocketServing rsocket() {
    if (properties.group().enabled() || beans.one(PeerHandler.class).isPresent()) {
      throw new FluxwireConfigurationException(
          "fluxwire.server.rsocket",
          "RSocket takes all peers, and a PeerHandler bean or the group wants them, too",
          "Remove this property, or the bean and fluxwire.group.enabled.",
          null);
    }
    return beans
        .<RSocketServing>one(RSocketServing.class)
        .orElseThrow(() -> withoutRSocket("fluxwire.server.rsocket"));
  }

  private static FluxwireConfigurationException withoutRSocket(String property) {
    return new FluxwireConfigurationException(
        property,
        "RSocket is not on the class path",
        "Add fluxwire-rsocket and spring-messaging to it, or remove " + property + ".",
        null);
  }

  /** How packets ask and answer, on either side, and who answers the peer's. */
  private Optional<RequestSpec<Object>> requests() {
    Optional<RequestSpec<Object>> spec = beans.one(RequestSpec.class);
    Optional<RequestHandlers<Object, ?>> handlers = beans.one(RequestHandlers.class);
    if (handlers.isEmpty()) {
      return spec;
    }
    if (spec.isEmpty()) {
      throw new FluxwireConfigurationException(
          "a RequestHandlers bean",
          "there is no RequestSpec bean, so it is not said how packets ask and answer",
          "Define a RequestSpec bean: RequestSpec.of(how to read an id, how to write it).",
          null);
    }
    return Optional.of(spec.get().handlers(handlers.get()));
  }

  private PeerServer<Object> withChannels(PeerServer<Object> server) {
    return beans
        .<ChannelHandler<Object>>one(ChannelHandler.class)
        .map(handler -> server.channels(channelSpec(), handler::handle))
        .orElse(server);
  }

  private ChannelSpec channelSpec() {
    return beans
        .<ChannelSpec>one(ChannelSpec.class)
        .orElseThrow(
            () ->
                new FluxwireConfigurationException(
                    "fluxwire.channels.folder",
                    "there is a ChannelHandler bean, and no store for its channels",
                    "Set it to a folder, with fluxwire-channel-store on the class path, or define"
                        + " a ChannelStore bean.",
                    null));
  }

  /** Who may connect, as the properties have it. */
  AccessList accessList() {
    List<String> allow = properties.server().allow();
    Set<NodeId> friends = new LinkedHashSet<>();
    if (allow != null) {
      for (int i = 0; i < allow.size(); i++) {
        friends.add(Settings.read("fluxwire.server.allow[" + i + "]", allow.get(i), NodeId::parse));
      }
    }
    return AccessList.nobodyBut(friends);
  }

  FluxwireClients clients() {
    Map<String, PeerClient<Object>> clients = new LinkedHashMap<>();
    properties.clients().forEach((name, client) -> clients.put(name, client(name, client)));
    return new FluxwireClients(clients);
  }

  private PeerClient<Object> client(String name, FluxwireProperties.Client from) {
    ClientSettings settings = new ClientSettings(name, from);
    if (from.rsocket()) {
      requireRSocket("fluxwire.clients." + name + ".rsocket");
    }
    PeerClient<Object> plain =
        settings.apply(
            properties.upgrade(), PeerClient.create(beans.identity(), codec(from.rsocket())));
    PeerClient<Object> client =
        from.rsocket() ? plain : requests().map(plain::requests).orElse(plain);
    for (Instrumentation instrumentation : beans.<Instrumentation>all(Instrumentation.class)) {
      client = instrumentation.client(client);
    }
    List<PeerClientCustomizer<Object>> customizers = beans.all(PeerClientCustomizer.class);
    if (customizers.isEmpty()) {
      settings.requireRemotes();
    }
    for (PeerClientCustomizer<Object> customizer : customizers) {
      client = customizer.customize(name, client);
    }
    return client;
  }

  private void requireRSocket(String property) {
    if (properties.group().enabled()) {
      throw new FluxwireConfigurationException(
          property,
          "all clients are members of the group, and RSocket wants this one",
          "Remove this property or fluxwire.group.enabled.",
          null);
    }
    if (!beans.factory().containsBean(FluxwireRSocketAutoConfiguration.REQUESTERS)) {
      throw withoutRSocket(property);
    }
  }

  /** The clients, as members of a group. */
  GroupMembers<Object> members(PeerGroup<Object> group) {
    return new GroupMembers<>(group, members());
  }

  /** The clients, by the ids of their peers. */
  Map<NodeId, PeerClient<Object>> members() {
    Map<NodeId, PeerClient<Object>> members = new LinkedHashMap<>();
    if (!properties.clients().isEmpty()) {
      FluxwireClients clients = beans.factory().getBean(FluxwireClients.class);
      properties
          .clients()
          .forEach(
              (name, client) ->
                  members.put(
                      new ClientSettings(name, client).requirePeer("a member of the group"),
                      clients.client(name)));
    }
    return members;
  }
}
