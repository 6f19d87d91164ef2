package io.fluxwire.session;

import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.TrafficSecret;
import io.fluxwire.handshake.Handshake;
import io.fluxwire.handshake.Role;
import io.fluxwire.handshake.Secured;
import io.fluxwire.observe.HandshakeStage;
import io.fluxwire.record.Padding;
import io.fluxwire.record.ReadLimits;
import io.fluxwire.record.RecordOpener;
import io.fluxwire.record.RecordSealer;
import io.fluxwire.record.Records;
import io.fluxwire.record.aead.AeadRecords;
import io.fluxwire.record.aead.ReadyRule;
import io.fluxwire.record.aead.Sealing;
import io.fluxwire.transport.ByteDuplex;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Version 3's handshake, and after it records with controls, which begin with READY. */
final class ControlledHandshake implements Handshake {

  private final Handshake v3;
  private final Suite suite;

  /** The records. */
  private interface Suite {

    RecordOpener opener(ByteDuplex duplex, Role role);

    RecordSealer sealer(ByteDuplex duplex, Role role);
  }

  private ControlledHandshake(Handshake v3, Suite suite) {
    this.v3 = v3;
    this.suite = suite;
  }

  /** With {@link ControlledRecords}. */
  static ControlledHandshake plain(Handshake v3, ControlledRecords.Sealer sealer) {
    return new ControlledHandshake(
        v3,
        new Suite() {
          @Override
          public RecordOpener opener(ByteDuplex duplex, Role role) {
            return new ControlledRecords.Opener(role == Role.DIALER);
          }

          @Override
          public RecordSealer sealer(ByteDuplex duplex, Role role) {
            return sealer;
          }
        });
  }

  /** With sealed records, under keys that a test knows. */
  static ControlledHandshake aead(Handshake v3) {
    return new ControlledHandshake(
        v3,
        new Suite() {
          @Override
          public RecordOpener opener(ByteDuplex duplex, Role role) {
            return AeadRecords.opener(
                Aead.AES_128_GCM,
                secret(role == Role.DIALER ? Role.ACCEPTOR : Role.DIALER),
                duplex.allocator(),
                role == Role.DIALER ? ReadyRule.EXPECTED : ReadyRule.REFUSED);
          }

          @Override
          public RecordSealer sealer(ByteDuplex duplex, Role role) {
            return AeadRecords.sealer(
                Aead.AES_128_GCM,
                secret(role),
                duplex.allocator(),
                new Sealing(
                    Padding.none(),
                    Duration.ofHours(1),
                    () -> duplex.scheduler().now(TimeUnit.NANOSECONDS)));
          }
        });
  }

  private static TrafficSecret secret(Role sender) {
    byte[] secret = new byte[32];
    Arrays.fill(secret, (byte) (sender == Role.DIALER ? 1 : 2));
    return TrafficSecret.of(secret);
  }

  @Override
  public Run over(
      ByteDuplex duplex, Role role, ReadLimits limits, Consumer<HandshakeStage> stages) {
    Run run = v3.over(duplex, role, limits, stages);
    return new Run() {
      private @Nullable Secured switched;

      @Override
      public Mono<Secured> secure() {
        return run.secure().flatMap(this::controlled);
      }

      private Mono<Secured> controlled(Secured secured) {
        secured.destroy();
        Secured done =
            new Secured(
                secured.peer(),
                suite.opener(duplex, role),
                suite.sealer(duplex, role),
                secured.parameters());
        switched = done;
        return role == Role.ACCEPTOR
            ? Mono.just(done)
            : Records.openFirst(duplex, done.opener(), limits).then(Mono.just(done));
      }

      @Override
      public String awaited() {
        return run.awaited();
      }

      @Override
      public @Nullable RecordSealer release() {
        Secured unused = switched;
        if (unused == null) {
          return run.release();
        }
        unused.opener().destroy();
        return unused.sealer();
      }
    };
  }
}
