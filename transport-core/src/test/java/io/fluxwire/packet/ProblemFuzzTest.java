package io.fluxwire.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import io.fluxwire.ConnectionClosedException;
import io.fluxwire.proto.Error;
import io.fluxwire.proto.Pkt;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** The text that a peer gives as its reason goes to terminals and logs, and cannot act on them. */
class ProblemFuzzTest {

  @FuzzTest
  void problem(FuzzedDataProvider data) {
    boolean raw = data.consumeBoolean();
    ByteString text =
        raw
            ? ByteString.copyFrom(data.consumeRemainingAsBytes())
            : ByteString.copyFromUtf8(data.consumeRemainingAsString());
    Pkt packet = Pkt.newBuilder().setError(Error.newBuilder().setProblemBytes(text)).build();
    try {
      Pkt hello = PacketCodec.pkt().decode(Unpooled.wrappedBuffer(packet.toByteArray()));
      assertThat(text.toStringUtf8()).isEqualTo(Hello.PROBLEM);
      assertThat(hello).isEqualTo(Hello.packet());
    } catch (ConnectionClosedException e) {
      String problem = e.problem();
      assertThat(problem).isNotNull().hasSizeLessThanOrEqualTo(257);
      assertThat(problem.codePoints())
          .noneMatch(
              c ->
                  switch (Character.getType(c)) {
                    case Character.CONTROL,
                        Character.FORMAT,
                        Character.SURROGATE,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR ->
                        true;
                    default -> false;
                  });
      assertThat(new String(problem.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
          .isEqualTo(problem);
    }
  }
}
