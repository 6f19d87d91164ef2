package quotes

import io.fluxwire.NodeId
import io.fluxwire.PeerConnection
import io.fluxwire.identity.NodeKey
import io.fluxwire.netty.PeerClient
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.reactive.asFlow
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.reactor.awaitSingleOrNull
import kotlinx.coroutines.runBlocking
import quotes.wire.QuotePkt

suspend fun connect(key: NodeKey, port: Int, service: NodeId): PeerConnection<QuotePkt> =
  PeerClient.create(key, codec)
    .remote("localhost", port)
    .expect(service)
    .requests(requests())
    .connect()
    .awaitSingle()

/** Asks for all of them at once. */
suspend fun prices(peer: PeerConnection<QuotePkt>, shares: List<String>): List<Int> =
  coroutineScope {
    shares.map { share -> async { peer.request(ask(share)).awaitSingle().price.cents } }.awaitAll()
  }

suspend fun firstTicks(peer: PeerConnection<QuotePkt>, count: Int): List<Int> =
  peer.receive().asFlow().map { packet -> packet.price.cents }.take(count).toList()

fun main(args: Array<String>) = runBlocking {
  val peer = connect(NodeKey.generate(), 9735, NodeId.parse(args[0]))
  // While it asks: an answer comes behind ticks that nobody takes.
  val ticks = async { firstTicks(peer, 3) }
  println(prices(peer, listOf("A", "BB", "CCC")))
  println(ticks.await())
  peer.close().awaitSingleOrNull()
  Unit
}
