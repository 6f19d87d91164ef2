package telemetry.packets;

import io.fluxwire.packet.PacketCodec;
import io.fluxwire.request.RequestSpec;
import java.time.Duration;
import telemetry.wire.TelemetryPkt;

/** What stations and the ingest have to agree on. */
public final class Telemetry {

  public static final PacketCodec<TelemetryPkt> CODEC =
      PacketCodec.protobuf(TelemetryPkt.getDefaultInstance());

  public static final RequestSpec<TelemetryPkt> REQUESTS =
      RequestSpec.of(TelemetryPkt::getAnswer, Telemetry::asked).timeout(Duration.ofSeconds(5));

  private Telemetry() {}

  private static TelemetryPkt asked(TelemetryPkt question, long number) {
    return question.toBuilder().setRequest(number).build();
  }

  /** An answer to a question, without its content. */
  public static TelemetryPkt.Builder answerTo(TelemetryPkt question) {
    return TelemetryPkt.newBuilder().setAnswer(question.getRequest());
  }
}
