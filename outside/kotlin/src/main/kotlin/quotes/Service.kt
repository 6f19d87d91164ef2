package quotes

import io.fluxwire.identity.NodeKey
import io.fluxwire.netty.DisposablePeerServer
import io.fluxwire.netty.PeerServer
import io.fluxwire.request.RequestHandlers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.reactive.asPublisher
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.reactor.awaitSingleOrNull
import kotlinx.coroutines.reactor.mono
import kotlinx.coroutines.runBlocking
import quotes.wire.Ask
import quotes.wire.QuotePkt
import quotes.wire.QuotePkt.PktCase

/** Prices come one after the other, each once the peer has room for it. */
fun ticks(): Flow<QuotePkt> = flow {
  var cents = 100
  while (true) {
    emit(price("ACME", cents++))
  }
}

suspend fun lookUp(ask: Ask): QuotePkt {
  delay(10)
  return price(ask.share, ask.share.length * 100, ask.id)
}

suspend fun listen(key: NodeKey, port: Int): DisposablePeerServer =
  PeerServer.create(key, codec)
    .port(port)
    .requests(
      requests().handlers(
        RequestHandlers.by(QuotePkt::getPktCase)
          .onRequest(PktCase.ASK) { _, packet -> mono { lookUp(packet.ask) } }))
    .handle { peer -> peer.send(ticks().asPublisher()) }
    .bind()
    .awaitSingle()

fun main() = runBlocking {
  listen(NodeKey.generate(), 9735).use { server ->
    println("${server.id()} listens on port ${server.port()}")
    server.onDispose().awaitSingleOrNull()
  }
  Unit
}
