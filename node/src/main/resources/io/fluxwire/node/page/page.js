// The node's page: takes snapshots from /events and shows them. Counts in them only ever grow, so
// rates are the difference of two.
import { Charts } from './charts.js';
import * as format from './format.js';
import { ChannelTable, DialRaces, EndingTable, PeerTable } from './tables.js';

const RETRY_MILLIS = 5000;
/** A gap longer than this is drawn as one. */
const GAP_MILLIS = 2500;

const find = (id) => document.getElementById(id);

const charts = new Charts(find('charts'));
const peers = new PeerTable(find('peers'));
const channels = new ChannelTable(find('channels'));
const endings = new EndingTable(find('recent'));
const dials = new DialRaces(find('dials'));

let last = null;
let lastTraffic = new Map();
let latestRtt = null;
let downReason = '';

function write(id, text) {
  const at = find(id);
  if (at.textContent !== text) at.textContent = text;
}

function stream(state, text) {
  find('stream').dataset.state = state;
  write('stream', text);
}

/** Of the times that peers took to answer the node's own pings; null while there is none. */
function median(peers) {
  const times = peers.map((peer) => peer.roundTrip).filter((time) => time != null).sort((a, b) => a - b);
  return times.length > 0 ? times[Math.floor((times.length - 1) / 2)] : null;
}

function rates(now, before, seconds) {
  if (!before || seconds <= 0) return null;
  return {
    inBytes: (now.bytesIn - before.bytesIn) / seconds,
    outBytes: (now.bytesOut - before.bytesOut) / seconds,
    inPackets: (now.packetsIn - before.packetsIn) / seconds,
    outPackets: (now.packetsOut - before.packetsOut) / seconds,
  };
}

function show(snapshot) {
  if (last && (snapshot.at < last.at || snapshot.opened < last.opened)) {
    // Another node, or this one anew.
    last = null;
    lastTraffic = new Map();
    charts.clear();
  }
  const elapsed = last ? snapshot.at - last.at : 0;
  if (last && elapsed <= 0) return;
  const seconds = elapsed / 1000;
  const total = rates(snapshot.total, last?.total, seconds);
  if (elapsed > GAP_MILLIS) charts.add(last.at / 1000 + 0.1, {});
  charts.add(snapshot.at / 1000, {
    ...total,
    rtt50: snapshot.roundTrips?.p50,
    rtt99: snapshot.roundTrips?.p99,
    hs50: snapshot.handshakes?.p50,
    hs99: snapshot.handshakes?.p99,
    opened: last ? snapshot.opened - last.opened : null,
    ended: last ? snapshot.ended - last.ended : null,
    reconnects: snapshot.dials.length > 0 ? snapshot.reconnects : null,
  });
  latestRtt = snapshot.roundTrips?.p50 ?? median(snapshot.peers);

  if (!document.hidden) {
    glance(snapshot, total);
    link(snapshot);
    tables(snapshot, seconds);
  }
  lastTraffic = new Map(snapshot.peers.map((peer) => [peer.number, peer.traffic]));
  last = snapshot;
}

function glance(snapshot, total) {
  const { node } = snapshot;
  write('node', [node.command, node.id && format.shortId(node.id), `up for ${format.lasting(snapshot.at)}`]
    .filter(Boolean).join(' · '));
  if (node.id) find('node').title = node.id;
  write('stat-peers', format.count(snapshot.peerCount));
  write('stat-in', format.rate(total?.inBytes));
  write('stat-out', format.rate(total?.outBytes));
  write('stat-packets', format.perSecond(total && total.inPackets + total.outPackets));
  write('stat-rtt', format.millis(latestRtt));
  const isDialling = snapshot.dials.length > 0;
  write('stat-again-name', isDialling ? 'Reconnects' : 'Refused');
  write('stat-again', format.count(isDialling ? snapshot.reconnects : snapshot.refused));
}

function link(snapshot) {
  const section = find('link');
  section.hidden = !snapshot.link;
  if (!snapshot.link) return;
  const dialled = snapshot.peers.find((peer) => peer.direction === 'out');
  const lost = snapshot.dials.find((round) => round.lostReason || round.detail);
  downReason = lost?.lostReason ?? lost?.detail ?? '';
  let state = dialled ? 'up' : 'down';
  let text = dialled ? `Up for ${format.lasting(snapshot.at - dialled.since)}.`
    : `Down${downReason ? `: ${downReason}` : ''}. Dialling again.`;
  if (snapshot.link.stalled) {
    state = 'stalled';
    text = dialled ? 'Stalled: nothing gets through. After 5 s of silence, both ends give it up.'
      : `Stalled, and given up${downReason ? `: ${downReason}` : ''}. Heal it to let them meet again.`;
  }
  section.dataset.state = state;
  find('stall').setAttribute('aria-pressed', String(snapshot.link.stalled));
  write('link-state', text);
}

function tables(snapshot, seconds) {
  peers.show(snapshot.peers, snapshot.at,
    (peer) => rates(peer.traffic, lastTraffic.get(peer.number), seconds));
  find('peers').hidden = snapshot.peers.length === 0;
  find('peers-none').hidden = snapshot.peers.length > 0;
  write('peers-more', snapshot.peerCount > snapshot.peers.length
    ? `${format.count(snapshot.peers.length)} of ${format.count(snapshot.peerCount)}, those that carried most; all are at /peers`
    : '');
  find('channels-card').hidden = snapshot.channels.length === 0;
  channels.show(snapshot.channels, snapshot.at);
  write('channels-more', snapshot.channelCount > snapshot.channels.length
    ? `${format.count(snapshot.channels.length)} of ${format.count(snapshot.channelCount)}, those that keep most; all are at /peers`
    : '');
  endings.show(snapshot.recent.slice(0, 12), snapshot.at);
  find('recent').hidden = snapshot.recent.length === 0;
  find('recent-none').hidden = snapshot.recent.length > 0;
  find('dials-card').hidden = snapshot.dials.length === 0;
  dials.show(snapshot.dials, snapshot.at);
}

function watch() {
  const source = new EventSource('/events');
  source.onopen = () => stream('live', 'live');
  source.onmessage = (message) => show(JSON.parse(message.data));
  source.onerror = () => {
    stream('lost', 'no answer from the node');
    // The browser tries again by itself, except after a refusal.
    if (source.readyState === EventSource.CLOSED) setTimeout(watch, RETRY_MILLIS);
  };
}

for (const action of ['drop', 'stall', 'heal']) {
  find(action).addEventListener('click', async () => {
    const answer = await fetch(`/link/${action}`, { method: 'POST' });
    if (!answer.ok) write('link-state', `The node refused: ${(await answer.text()).trim()}`);
  });
}

watch();
