package io.fluxwire.session;

import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.Records;
import io.fluxwire.transport.ByteDuplex;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Version 3's handshake, and {@link ControlledRecords} after it, which begin with READY. */
final class ControlledHandshake implements Handshake {

  private final Handshake v3;
  private final ControlledRecords.Sealer sealer = new ControlledRecords.Sealer();

  ControlledHandshake(Handshake v3) {
    this.v3 = v3;
  }

  /** What this side seals with. */
  ControlledRecords.Sealer sealer() {
    return sealer;
  }

  @Override
  public Run over(
      ByteDuplex duplex, Role role, ReadLimits limits, Consumer<HandshakeStage> stages) {
    Run run = v3.over(duplex, role, limits, stages);
    return new Run() {
      private ControlledRecords.@Nullable Opener switched;

      @Override
      public Mono<Secured> secure() {
        return run.secure().flatMap(this::controlled);
      }

      private Mono<Secured> controlled(Secured secured) {
        secured.destroy();
        ControlledRecords.Opener opener = new ControlledRecords.Opener(role == Role.DIALER);
        switched = opener;
        Secured done = new Secured(secured.peer(), opener, sealer, secured.parameters());
        return role == Role.ACCEPTOR
            ? Mono.just(done)
            : Records.openFirst(duplex, opener, limits).then(Mono.just(done));
      }

      @Override
      public String awaited() {
        return run.awaited();
      }

      @Override
      public @Nullable RecordSealer release() {
        ControlledRecords.Opener unused = switched;
        if (unused == null) {
          return run.release();
        }
        unused.destroy();
        return sealer;
      }
    };
  }
}
