package quotes

import io.fluxwire.packet.PacketCodec
import io.fluxwire.request.RequestSpec
import quotes.wire.Ask
import quotes.wire.Price
import quotes.wire.QuotePkt

/** What both sides have: packets, and where the number of a question stands in them. */
val codec: PacketCodec<QuotePkt> = PacketCodec.protobuf(QuotePkt.getDefaultInstance())

fun requests(): RequestSpec<QuotePkt> =
  RequestSpec.of({ packet -> packet.price.id }, { packet, id -> ask(packet.ask.share, id) })

fun ask(share: String, id: Long = 0): QuotePkt =
  QuotePkt.newBuilder().setAsk(Ask.newBuilder().setId(id).setShare(share)).build()

fun price(share: String, cents: Int, id: Long = 0): QuotePkt =
  QuotePkt.newBuilder().setPrice(Price.newBuilder().setId(id).setShare(share).setCents(cents)).build()
