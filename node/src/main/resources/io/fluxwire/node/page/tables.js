// Tables and lists that change in place: a row keeps its element, and a cell is written only when
// its text changes. All text goes in as text, never as markup.
import * as format from './format.js';

const DIRECTIONS = { in: '← came in', out: '→ dialled' };
const ROUNDS = 5;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text != null) made.textContent = text;
  return made;
}

function write(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}

/** Makes the rows of a body those of the items, in their order. */
function rows(body, rowsByKey, items, key, make, update) {
  const seen = new Set();
  let before = null;
  for (const item of items) {
    const id = key(item);
    seen.add(id);
    let row = rowsByKey.get(id);
    if (!row) {
      row = make(item);
      rowsByKey.set(id, row);
    }
    const place = before ? before.nextSibling : body.firstChild;
    if (row !== place) body.insertBefore(row, place);
    update(row, item);
    before = row;
  }
  for (const [id, row] of rowsByKey) {
    if (!seen.has(id)) {
      row.remove();
      rowsByKey.delete(id);
    }
  }
}

function cells(row, labels) {
  return labels.map(([label, className]) => {
    const cell = element('td', className);
    cell.dataset.label = label;
    row.append(cell);
    return cell;
  });
}

function who(peer, tag = 'th') {
  const cell = element(tag, 'who');
  if (tag === 'th') cell.scope = 'row';
  if (peer.name) cell.append(element('span', 'name', peer.name));
  if (!peer.id) {
    cell.append(element('span', 'muted', 'not known'));
    return cell;
  }
  const id = element('code', '', format.shortId(peer.id));
  id.title = peer.id;
  cell.append(id);
  // Only where the browser lets a page write the clipboard: over loopback or HTTPS.
  if (navigator.clipboard) {
    const copy = element('button', 'copy', 'Copy');
    copy.type = 'button';
    copy.setAttribute('aria-label', `Copy the id ${format.shortId(peer.id)}`);
    copy.addEventListener('click', async () => {
      await navigator.clipboard.writeText(peer.id);
      copy.textContent = 'Copied';
      setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
    });
    cell.append(copy);
  }
  return cell;
}

/** What an upgraded session negotiated, in few words. */
function session({ protocol, cipher, postQuantum }) {
  if (protocol !== 'upgraded') return 'version 3';
  return postQuantum ? `${cipher}, post-quantum` : cipher;
}

export class PeerTable {
  constructor(table) {
    this.body = table.tBodies[0];
    this.rows = new Map();
  }

  /** Rates is a function of a peer: what it carries a second, null when that is not known yet. */
  show(peers, at, rates) {
    const inOrder = [...peers].sort((a, b) => a.number - b.number);
    rows(this.body, this.rows, inOrder, (peer) => peer.number,
      (peer) => {
        const row = element('tr');
        row.append(who(peer));
        row.facts = cells(row, [['Direction', 'direction'], ['Address', 'address'],
          ['Session', 'session'], ['Round trip', 'number'], ['Up for', 'number'], ['In', 'number'], ['Out', 'number'], ['Packets/s', 'number'],
          ['Last error', 'error']]);
        return row;
      },
      (row, peer) => {
        const now = rates(peer);
        const texts = [DIRECTIONS[peer.direction], peer.address, session(peer.session),
          format.millis(peer.roundTrip), format.lasting(at - peer.since),
          format.rate(now?.inBytes), format.rate(now?.outBytes),
          format.count(now && now.inPackets + now.outPackets), peer.lastError ?? '–'];
        texts.forEach((text, i) => write(row.facts[i], text));
      });
  }
}

/** How much a channel keeps for its peer. */
function kept({ unacknowledged, bytes }) {
  return unacknowledged > 0 ? `${format.count(unacknowledged)}, ${format.bytes(bytes)}` : '0';
}

export class ChannelTable {
  constructor(table) {
    this.body = table.tBodies[0];
    this.rows = new Map();
  }

  show(channels, at) {
    const inOrder = [...channels].sort((a, b) => a.number - b.number);
    rows(this.body, this.rows, inOrder, (channel) => channel.number,
      (channel) => {
        const row = element('tr');
        const name = element('th', 'channel', channel.name);
        name.scope = 'row';
        const peer = who({ id: channel.id, name: channel.peerName }, 'td');
        peer.dataset.label = 'Peer';
        row.append(name, peer);
        const [state] = cells(row, [['State', 'state']]);
        row.state = element('span', 'badge');
        row.since = element('span', 'number');
        state.append(row.state, ' ', row.since);
        row.facts = cells(row, [['Unacknowledged', 'number'], ['Oldest', 'number'],
          ['Stored', 'number'], ['Taken', 'number'], ['Sent again', 'number'],
          ['Connections', 'number'], ['Takeovers', 'number']]);
        return row;
      },
      (row, channel) => {
        row.state.className = channel.attached ? 'badge good' : 'badge fault';
        write(row.state, channel.attached ? 'attached' : 'detached');
        write(row.since, format.lasting(at - channel.since));
        const texts = [kept(channel), format.millis(channel.oldest),
          ...[channel.stored, channel.received, channel.resent, channel.connections, channel.takeovers]
            .map(format.count)];
        texts.forEach((text, i) => write(row.facts[i], text));
      });
  }
}

export class EndingTable {
  constructor(table) {
    this.body = table.tBodies[0];
    this.rows = new Map();
  }

  show(endings, at) {
    rows(this.body, this.rows, endings,
      (ending) => `${ending.at} ${ending.id} ${ending.address} ${ending.direction}`,
      (ending) => {
        const row = element('tr');
        const [ago] = cells(row, [['Ago', 'number ago']]);
        row.ago = ago;
        row.append(who(ending));
        const [direction, lasted, reason] = cells(row,
          [['Direction', 'direction'], ['Was up for', 'number'], ['Reason', 'error']]);
        direction.textContent = DIRECTIONS[ending.direction];
        lasted.textContent = ending.lasted == null ? 'refused' : format.lasting(ending.lasted);
        reason.append(element('span', ending.fault ? 'badge fault' : 'badge', ending.reason),
          ' ', ending.text);
        return row;
      },
      (row, ending) => write(row.ago, format.lasting(at - ending.at)));
  }
}

const OUTCOMES = { RUNNING: 'under way', WON: 'won', FAILED: 'failed', CANCELLED: 'cancelled' };

/** The rounds of dialing: a lane for each attempt, against the round's own time. */
export class DialRaces {
  constructor(list) {
    this.list = list;
    this.rows = new Map();
  }

  show(rounds, at) {
    rows(this.list, this.rows, rounds.slice(0, ROUNDS), (round) => `${round.name} ${round.at}`,
      () => {
        const row = element('li');
        row.told = element('p', 'round');
        row.lanes = element('div', 'lanes');
        row.append(row.told, row.lanes);
        return row;
      },
      (row, round) => {
        write(row.told, this.tell(round, at));
        const drawn = JSON.stringify(round.attempts);
        if (row.drawn === drawn && round.outcome !== 'RUNNING') return;
        row.drawn = drawn;
        row.lanes.replaceChildren(...this.lanes(round, at));
      });
  }

  tell(round, at) {
    const parts = [`${format.lasting(at - round.at)} ago`, round.name];
    if (round.outcome === 'RUNNING') parts.push('racing');
    if (round.outcome === 'WON') parts.push(`connected in ${format.millis(round.end - round.at)}`);
    if (round.outcome === 'FAILED') parts.push(`all failed in ${format.millis(round.end - round.at)}`);
    if (round.lostAt != null) {
      parts.push(`lost after ${format.lasting(round.lostAt - round.end)}: ${round.lostReason}`);
    }
    if (round.nextAt != null && round.nextAt > at) {
      parts.push(`next in ${format.millis(round.nextAt - at)}`);
    }
    return parts.join(' · ');
  }

  lanes(round, at) {
    const end = round.end ?? at;
    const length = Math.max(end - round.at, 1);
    return round.attempts.map((attempt) => {
      const lane = element('div', 'lane');
      const bar = element('span', `bar ${attempt.outcome.toLowerCase()}`);
      const from = (attempt.at - round.at) / length;
      const share = ((attempt.end ?? at) - attempt.at) / length;
      bar.style.left = `${100 * Math.min(from, 0.99)}%`;
      bar.style.width = `${100 * Math.max(Math.min(share, 1 - from), 0.01)}%`;
      const track = element('span', 'track');
      track.append(bar);
      const took = format.millis((attempt.end ?? at) - attempt.at);
      lane.append(element('code', 'lane-address', attempt.address), track,
        element('span', 'lane-outcome', `${OUTCOMES[attempt.outcome]}, ${took}`));
      if (attempt.detail) lane.title = attempt.detail;
      return lane;
    });
  }
}
