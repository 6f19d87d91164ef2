// The node's page: takes a snapshot of the node as a whole from /events each second, and asks for
// the rows of those tables that are open.
import { Charts } from './charts.js';
import { showDials } from './dials.js';
import { find, write } from './dom.js';
import { showFleet } from './fleet.js';
import * as format from './format.js';
import { showReasons } from './reasons.js';
import { showFacts, showLimits, showState } from './state.js';
import { channelTable, endingTable, peerTable } from './tables.js';

const RETRY_MILLIS = 5000;

const charts = new Charts(find('charts'), find('charts-more'));
const tables = [
  [find('peers-card'), peerTable(find('peers'))],
  [find('channels-card'), channelTable(find('channels'))],
  [find('endings-card'), endingTable(find('endings'))],
];

let latest = null;
let fields = [];
/** Samples that came while the history was asked for; null once it is there. */
let early = [];

/** What a tile shows: a number, or that there is none yet, which must not look like one. */
function tile(id, text, note) {
  const at = find(id);
  at.classList.toggle('none', text === format.count(null));
  write(at, text);
  if (note) at.title = note;
}

function byField(values) {
  return Object.fromEntries(fields.map((field, i) => [field, values[i]]));
}

/** What was before the page was opened, or since the stream was lost. */
async function readHistory() {
  early ??= [];
  try {
    const answer = await fetch('history');
    if (!answer.ok) return;
    const history = await answer.json();
    fields = history.fields;
    charts.restart(history.samples.map(byField));
    charts.add(early.map(byField));
    early = null;
    if (latest) glance(latest);
  } catch {
    // Asked for again with the next snapshot.
  }
}

function show(snapshot) {
  const restarted = latest && snapshot.at < latest.at;
  const missed = latest && snapshot.samples.length > 0 && charts.latest()
    && snapshot.samples[0].at > charts.latest().at + 2000;
  latest = snapshot;
  if (early || restarted || missed) {
    early = [...(early ?? []), ...snapshot.samples].slice(-10);
    readHistory();
  } else {
    charts.add(snapshot.samples.map(byField));
  }
  if (!document.hidden) showAll(snapshot);
}

function showAll(snapshot) {
  showState(snapshot);
  glance(snapshot);
  link(snapshot);
  showFacts(snapshot);
  showLimits(snapshot);
  showFleet(snapshot);
  showDials(snapshot);
  showReasons(snapshot);
  find('channels-card').hidden = snapshot.channelCount === 0;
  write(find('peers-count'), format.count(snapshot.peerCount));
  write(find('channels-count'), format.count(snapshot.channelCount));
  for (const [card, table] of tables) {
    if (card.open && !card.hidden && card.checkVisibility()) table.refresh();
  }
}

function glance(snapshot) {
  const { node } = snapshot;
  write(find('node'), [node.name, node.id && format.shortId(node.id), `up for ${format.lasting(snapshot.at)}`]
    .filter(Boolean).join(' · '));
  document.title = node.name === 'node' ? 'Fluxwire' : `${node.name} · Fluxwire`;
  find('metrics').hidden = !node.metrics;
  const now = charts.latest();
  tile('stat-peers', format.count(snapshot.peerCount));
  tile('stat-in', format.rate(now?.bytesIn));
  tile('stat-out', format.rate(now?.bytesOut));
  tile('stat-packets', format.perSecond(now && now.packetsIn + now.packetsOut));
  tile('stat-rtt', format.millis(now?.roundTrip50));
  write(find('stat-rtt-name'), now?.roundTrips > 0 ? `Round trip, p50 of ${format.count(now.roundTrips)}` : 'Round trip, p50');
  tile('stat-queue', format.bytes(now?.queued));
}

/** The network that a demo can break. */
function link({ link: network, targets, at }) {
  const section = find('link');
  section.hidden = !network;
  if (!network) return;
  const dialed = targets[0];
  const why = dialed?.lastError ? `: ${dialed.lastError}` : '';
  const lasted = dialed ? format.lasting(at - dialed.since) : '';
  let state = dialed?.up ? 'up' : 'down';
  let text = dialed?.up ? `Up for ${lasted}.` : dialed ? `Down for ${lasted}${why}. Dialing again.` : 'Nothing is dialed yet.';
  if (network.stalled) {
    state = 'stalled';
    text = dialed?.up ? 'Stalled: nothing gets through. After 5 s of silence, both ends give it up.'
      : `Stalled, and given up${why}. Heal it to let them meet again.`;
  }
  section.dataset.state = state;
  find('stall').setAttribute('aria-pressed', String(network.stalled));
  write(find('link-state'), text);
}

function watch() {
  const source = new EventSource('events');
  source.onopen = () => {
    find('stream').hidden = true;
    document.body.dataset.stream = 'live';
    // What came while there was no stream.
    if (latest) readHistory();
  };
  source.onmessage = (message) => show(JSON.parse(message.data));
  source.onerror = () => {
    find('stream').hidden = false;
    document.body.dataset.stream = 'lost';
    write(find('stream'), latest
      ? `No answer from the node. What is shown is of ${new Date().toLocaleTimeString()} or before.`
      : 'No answer from the node.');
    // The browser tries again by itself, except after a refusal.
    if (source.readyState === EventSource.CLOSED) setTimeout(watch, RETRY_MILLIS);
  };
}

for (const action of ['drop', 'stall', 'heal']) {
  find(action).addEventListener('click', async () => {
    const answer = await fetch(`link/${action}`, { method: 'POST' });
    if (!answer.ok) write(find('link-state'), `The node refused: ${(await answer.text()).trim()}`);
  });
}

for (const choice of find('range').children) {
  choice.addEventListener('click', () => {
    for (const other of find('range').children) other.setAttribute('aria-pressed', String(other === choice));
    charts.look(Number(choice.dataset.minutes));
  });
}

// A phone shows what is asked first: how it is, what flows, who is there.
if (matchMedia('(max-width: 640px)').matches) {
  for (const id of ['channels-card', 'fleet-card', 'dials-card', 'reasons-card', 'about-card']) find(id).open = false;
}

for (const details of document.querySelectorAll('details')) {
  details.addEventListener('toggle', () => {
    if (!details.open || !latest) return;
    charts.update();
    showAll(latest);
  });
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && latest) {
    charts.update();
    showAll(latest);
  }
});

watch();
