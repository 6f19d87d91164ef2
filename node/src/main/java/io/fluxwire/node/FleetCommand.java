package io.fluxwire.node;

import com.google.protobuf.ByteString;
import io.fluxwire.NodeId;
import io.fluxwire.fleet.FleetGroup;
import io.fluxwire.fleet.FleetGroup.Change;
import io.fluxwire.fleet.engine.Holding;
import io.fluxwire.fleet.engine.InstanceId;
import io.fluxwire.group.PeerGroup;
import io.fluxwire.identity.NodeKey;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A look into a fleet. */
@Command(
    name = "fleet",
    description = {
      "Look into a fleet: its instances, and how many peers each of them has; or where one peer "
          + "is.",
      "",
      "It joins the fleet as an instance that has no peers and that the others leave no dials. "
          + "ENGINE is "
          + FleetEngineAddress.FORMS
          + ", as the instances have it (fluxwire listen --fleet). With jgroups it needs their "
          + "--key.",
      "",
      "The exit code is 1 when the peer is asked for that no instance has."
    },
    footerHeading = "%nExample:%n",
    footer = {
      "  fluxwire fleet redis://localhost",
      "  fluxwire fleet jgroups:localhost:7800 --key node.key --fleet-port 7809 --watch"
    })
final class FleetCommand implements Callable<Integer> {

  @ParentCommand private Main main;
  @Mixin private KeyOptions key;
  @Mixin private FleetOptions options;
  @Mixin private JsonOption json;

  @Parameters(index = "0", paramLabel = "ENGINE", description = "What joins the instances.")
  private FleetEngineAddress engine;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "ID",
      description = "Say which instance this peer is connected to.")
  private @Nullable NodeId peer;

  @Option(
      names = "--watch",
      description = "Go on, and say which peers come, move and go, until told to stop (Ctrl-C).")
  private boolean watch;

  @Option(
      names = "--timeout",
      defaultValue = "20s",
      paramLabel = "TIME",
      description = "How long joining and asking may take. Default: ${DEFAULT-VALUE}.")
  private Duration timeout;

  @Override
  public Integer call() throws IOException {
    json.choose(main, main.out());
    Mono<Void> stop = watch ? main.stop() : Mono.never();
    NodeKey own = key.nodeKey();
    try (FleetGroup<ByteString> fleet =
        FleetGroup.of(
            PeerGroup.of(own.id()),
            new BytesCodec(),
            options.engine(engine, own),
            options.spec().observer())) {
      limited(fleet.join(), "joined").block();
      NodeId asked = peer;
      if (asked != null && !find(fleet, asked)) {
        return 1;
      }
      if (asked == null) {
        list(fleet);
      }
      if (watch) {
        watch(fleet, asked).takeUntilOther(stop).blockLast();
      }
    }
    return 0;
  }

  private <T> Mono<T> limited(Mono<T> step, String what) {
    return step.timeout(timeout)
        .onErrorMap(
            TimeoutException.class,
            late ->
                new IllegalStateException(
                    "not %s within %d ms: the engine does not answer (--timeout gives it longer)"
                        .formatted(what, timeout.toMillis())));
  }

  private boolean find(FleetGroup<?> fleet, NodeId asked) {
    InstanceId at = limited(fleet.whereIs(asked), "answered").block();
    if (at == null) {
      main.err().say("fleet: no instance has peer " + asked);
      return false;
    }
    main.narrator().tell(new Event.PeerAt(asked.toString(), at.toString()));
    return true;
  }

  private void list(FleetGroup<?> fleet) {
    Map<InstanceId, Long> peers =
        limited(
                fleet
                    .peers()
                    .collect(
                        Collectors.groupingBy(
                            Holding::instance, TreeMap::new, Collectors.counting())),
                "answered")
            .blockOptional()
            .orElseThrow();
    fleet.members().stream()
        .filter(member -> !member.equals(fleet.self()))
        .forEach(member -> peers.putIfAbsent(member, 0L));
    peers.forEach(
        (instance, count) -> main.narrator().tell(new Event.Instance(instance.toString(), count)));
    main.narrator()
        .tell(
            new Event.Fleet(
                peers.size(), peers.values().stream().mapToLong(Long::longValue).sum()));
  }

  private Flux<Change> watch(FleetGroup<?> fleet, @Nullable NodeId only) {
    return fleet
        .changes()
        .filter(change -> only == null || change.peer().equals(only))
        .doOnNext(change -> main.narrator().tell(told(change)));
  }

  private static Event told(Change change) {
    String id = change.peer().toString();
    if (change instanceof Change.Appeared came) {
      return new Event.PeerChange(id, null, came.at().toString());
    }
    if (change instanceof Change.Moved moved) {
      return new Event.PeerChange(id, moved.from().toString(), moved.to().toString());
    }
    return new Event.PeerChange(id, ((Change.Gone) change).from().toString(), null);
  }
}
