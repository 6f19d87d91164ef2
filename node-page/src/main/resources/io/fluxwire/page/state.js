// How the node is, what it is, and what it uses of its limits.
import { copyButton, element, find, keyed, write } from './dom.js';
import * as format from './format.js';

/** A dial that takes this long is more than a slow network. */
const WORRYING_MILLIS = 10_000;
/** From this share of a limit on, it is worth a look. */
const NEARLY_FULL = 0.9;

/** How the node is, in few words, and how good that is. */
export function tell({ status, peerCount, at }) {
  const peers = `${format.plural(peerCount, 'peer')} connected`;
  const lasted = at - status.since;
  switch (status.mood) {
    case 'CONNECTED': return ['good', peers];
    case 'PARTLY_CONNECTED':
      return ['warn', `${peers}; ${status.down} of ${format.plural(status.targets, 'dialed name')} not reached for ${format.lasting(lasted)}`];
    case 'DIALING':
      return [lasted < WORRYING_MILLIS ? 'warn' : 'bad', `dialing: nobody reached for ${format.lasting(lasted)}`];
    case 'LISTENING':
      return ['quiet', status.since > 0 ? `listening, nobody here for ${format.lasting(lasted)}` : 'listening, nobody here yet'];
    default: return ['quiet', 'neither listening nor dialing'];
  }
}

let announced = '';

export function showState(snapshot) {
  const [mood, text] = tell(snapshot);
  find('state').dataset.mood = mood;
  write(find('state'), text);
  // A screen reader hears of changes, and not of each second.
  const kind = `${snapshot.status.mood} ${snapshot.peerCount} ${snapshot.status.down}`;
  if (kind !== announced) {
    announced = kind;
    write(find('announce'), `The node: ${text}`);
  }
}

const factRows = new Map();

/** Values are texts; the node's own id can be copied. */
export function showFacts({ node, servers, sessions, at, bans }) {
  const { version, jdk, curve } = node.facts;
  const ids = node.id ? [['Node id', node.id]]
    : servers.map((server) => [`Node id${server.name ? ` of ${server.name}` : ''}`, server.id]);
  const facts = [
    ...ids,
    ['Listens at', servers.map((server) => server.address).join(', ') || 'nothing: it only dials'],
    ['Up for', format.lasting(at)],
    ['Sessions', sessions.map(({ session, count }) => `${format.count(count)} × ${format.session(session)}`).join('; ') || 'no data yet'],
    ['Fluxwire', version],
    ['JDK', jdk],
    ['secp256k1 by', curve ?? 'not to be had: see the log'],
    ...(bans ? [['Bans', bans.count === 0 ? 'none'
      : `${format.count(bans.count)}, the next ends in ${format.lasting(bans.nextEnd)}`]] : []),
  ];
  keyed(find('facts'), factRows, facts, ([name]) => name,
    ([name, value]) => {
      const row = element('div');
      row.value = element('span');
      const data = element('dd', name.startsWith('Node id') ? 'id' : '');
      data.append(row.value);
      const copy = name.startsWith('Node id') ? copyButton(value, `the id of this node`) : null;
      if (copy) data.append(copy);
      row.append(element('dt', '', name), data);
      return row;
    },
    (row, [, value]) => write(row.value, value));
}

const limitRows = new Map();

export function showLimits({ servers, resources }) {
  const several = servers.length > 1;
  const limits = servers.flatMap((server) => {
    const of = several ? `, ${server.name ?? server.address}` : '';
    return [
      [`Slots${of}`, server.connections, format.count],
      ...(server.reserved.max ? [[`Reserved slots${of}`, server.reserved, format.count]] : []),
      [`Handshakes${of}`, server.handshakes, format.count],
      [`Bytes held${of}`, server.bytes, format.bytes],
    ];
  });
  limits.push(['Heap', { used: resources.heapUsed, max: resources.heapMax }, format.bytes]);
  if (resources.descriptors != null) {
    limits.push(['File descriptors', { used: resources.descriptors, max: resources.maxDescriptors }, format.count]);
  }
  keyed(find('limits'), limitRows, limits, ([name]) => name,
    ([name]) => {
      const row = element('li');
      row.told = element('span', 'number');
      row.bar = element('span', 'used');
      const track = element('span', 'limit-track');
      track.append(row.bar);
      row.append(element('span', 'limit-name', name), row.told, track);
      return row;
    },
    (row, [, { used, max }, show]) => {
      write(row.told, max == null ? `${show(used)}, no limit` : `${show(used)} of ${show(max)}`);
      const share = max ? Math.min(1, used / max) : 0;
      row.bar.style.width = `${100 * share}%`;
      row.dataset.full = String(share >= NEARLY_FULL);
    });
}
