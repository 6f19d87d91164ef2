// Tables of which the node keeps more rows than fit a screen: whoever looks at one asks for the
// rows that he sees, sorted and filtered by the node, once a second and only while the table is open.
import { button, element, keyed, who, write } from './dom.js';
import * as format from './format.js';
import { reasonLink } from './reasons.js';

const SMALL = matchMedia('(max-width: 640px)');
const TYPING_MILLIS = 250;
/** Fewer rows are seen at a glance. */
const SEARCHABLE = 4;

/**
 * A table's columns are [label, class, sort, help, short]; sort is what the node calls it, null
 * where it cannot be sorted; short is its label on a phone, if another.
 */
export class RowTable {
  constructor(into, { path, name, columns, none, make, update, most = 25 }) {
    Object.assign(this, { into, path, name, columns, none, make, update, most });
    this.known = new Map();
    this.from = 0;
    this.sort = '';
    this.order = 'asc';
    this.build();
  }

  build() {
    const tools = element('div', 'tools');
    this.filter = element('input', 'filter');
    this.filter.type = 'search';
    this.filter.maxLength = 100;
    this.filter.placeholder = 'Filter';
    this.filter.setAttribute('aria-label', `Filter the ${this.name}`);
    let typing;
    this.filter.addEventListener('input', () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.look({ from: 0 }), TYPING_MILLIS);
    });
    tools.append(this.filter, this.sorter(), this.pager());
    this.table = element('table', 'wide');
    this.table.append(element('caption', 'unseen', `The ${this.name}`));
    const head = this.table.createTHead().insertRow();
    this.heads = this.columns.map(([label, className, sort, help]) => {
      const cell = element('th', className);
      cell.scope = 'col';
      if (help) cell.title = help;
      if (sort) {
        cell.append(button('sort', label, () => this.sortBy(sort)));
        cell.dataset.sort = sort;
      } else {
        cell.textContent = label;
      }
      head.append(cell);
      return cell;
    });
    this.body = this.table.createTBody();
    this.empty = element('p', 'empty', this.none);
    this.into.append(tools, this.table, this.empty);
    this.tools = tools;
    this.showSort();
  }

  /** For a phone, which has no heads to click on. */
  sorter() {
    this.select = element('select', 'sorter');
    this.select.setAttribute('aria-label', `Sort the ${this.name} by`);
    for (const [label, , sort] of this.columns) {
      if (!sort) continue;
      const choice = element('option', '', `by ${label.toLowerCase()}`);
      choice.value = sort;
      this.select.append(choice);
    }
    const none = element('option', '', 'unsorted');
    none.value = '';
    this.select.prepend(none);
    this.select.addEventListener('change', () => this.look({ sort: this.select.value, order: 'desc', from: 0 }));
    return this.select;
  }

  pager() {
    const pager = element('div', 'pager');
    this.told = element('span', 'muted number');
    this.back = button('page', '‹', () => this.look({ from: Math.max(0, this.from - this.limit()) }));
    this.back.setAttribute('aria-label', 'The rows before');
    this.on = button('page', '›', () => this.look({ from: this.from + this.limit() }));
    this.on.setAttribute('aria-label', 'The rows behind');
    pager.append(this.told, this.back, this.on);
    return pager;
  }

  limit() {
    return SMALL.matches ? 5 : this.most;
  }

  /** What is great comes first; once more turns it round, and a third time leaves it unsorted. */
  sortBy(sort) {
    if (this.sort !== sort) this.look({ sort, order: 'desc', from: 0 });
    else if (this.order === 'desc') this.look({ order: 'asc', from: 0 });
    else this.look({ sort: '', from: 0 });
  }

  look(change) {
    Object.assign(this, change);
    this.showSort();
    this.refresh();
  }

  showSort() {
    for (const head of this.heads) {
      if (!head.dataset.sort) continue;
      if (head.dataset.sort === this.sort) head.ariaSort = this.order === 'asc' ? 'ascending' : 'descending';
      else head.removeAttribute('aria-sort');
    }
    this.select.value = this.sort;
  }

  /** Asks for the rows; what is asked while an answer is awaited is asked once more after it. */
  async refresh() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      do {
        this.again = false;
        const query = new URLSearchParams({ from: this.from, limit: this.limit() });
        if (this.sort) {
          query.set('sort', this.sort);
          query.set('order', this.order);
        }
        const filter = this.filter.value.trim();
        if (filter) query.set('filter', filter);
        const answer = await fetch(`${this.path}?${query}`);
        if (answer.ok) this.show(await answer.json());
      } while (this.again);
    } catch {
      // The node is gone, which the page says.
    } finally {
      this.asking = false;
    }
  }

  show({ at, count, matching, rows }) {
    if (rows.length === 0 && this.from > 0) {
      this.look({ from: 0 });
      return;
    }
    this.table.hidden = rows.length === 0;
    this.empty.hidden = rows.length > 0;
    this.tools.hidden = count < SEARCHABLE && !this.filter.value;
    write(this.empty, count === 0 ? this.none : `None of ${format.count(count)} match.`);
    const few = matching <= this.limit();
    this.back.hidden = few;
    this.on.hidden = few;
    this.back.disabled = this.from === 0;
    this.on.disabled = this.from + rows.length >= matching;
    const range = `${format.count(this.from + 1)} to ${format.count(this.from + rows.length)} of ${format.count(matching)}`;
    write(this.told, few ? (matching < count ? `${format.count(matching)} of ${format.count(count)}` : '') : range);
    keyed(this.body, this.known, rows, (row) => row.number ?? `${row.at} ${row.id} ${row.address} ${row.direction}`,
      (item) => this.make(item), (row, item) => this.update(row, item, at));
  }
}

function cells(row, columns) {
  return columns.map(([label, className, , , short]) => {
    const cell = element('td', className);
    cell.dataset.label = short ?? label;
    row.append(cell);
    return cell;
  });
}

const DIRECTIONS = { in: ['←', 'came in'], out: ['→', 'dialed by this node'] };

function arrow(direction) {
  const [sign, meaning] = DIRECTIONS[direction];
  const made = element('span', 'arrow');
  const seen = element('span', '', sign);
  seen.setAttribute('aria-hidden', 'true');
  made.title = meaning;
  made.append(seen, element('span', 'unseen', `${meaning}: `));
  return made;
}

const PEER_COLUMNS = [
  ['Peer', 'who', 'name'],
  ['Round trip', 'number', 'roundTrip', 'From the latest ping to its answer; version 3 has no ping'],
  ['Up for', 'number', 'upFor'],
  ['In', 'number', 'in', 'Payload of packets'],
  ['Out', 'number', 'out', 'Payload of packets'],
  ['Write queue', 'number', 'queued', 'Bytes that the socket has not taken', 'Queue'],
  ['Stalls', 'number', 'stalls', 'Times that sends had to wait for the socket'],
  ['Demand waits', 'number', 'demandWaits', 'Times that nothing was read, since the application asked for no packet', 'Waits'],
];


export const peerTable = (into) => new RowTable(into, {
  path: 'rows/peers',
  name: 'peers',
  columns: PEER_COLUMNS,
  none: 'No peer is connected.',
  make(peer) {
    const row = element('tr');
    const cell = element('th', 'who');
    cell.scope = 'row';
    const line = element('div', 'line');
    line.append(arrow(peer.direction));
    who(peer, line);
    row.where = element('div', 'line muted where');
    row.error = element('div', 'line error');
    cell.append(line, row.where, row.error);
    row.append(cell);
    row.facts = cells(row, PEER_COLUMNS.slice(1));
    return row;
  },
  update(row, peer, at) {
    write(row.where, `${peer.address} · ${format.session(peer.session)}`);
    row.error.hidden = !peer.lastError;
    write(row.error, peer.lastError ? `Last error: ${peer.lastError}` : '');
    const { queued, stalls, demandWaits } = peer.pressure;
    [peer.roundTrip == null ? '–' : format.millis(peer.roundTrip), format.lasting(at - peer.since),
      peer.rate ? format.rate(peer.rate.bytesIn) : '–', peer.rate ? format.rate(peer.rate.bytesOut) : '–',
      format.bytes(queued), format.count(stalls), format.count(demandWaits)]
      .forEach((text, i) => write(row.facts[i], text));
  },
});

const CHANNEL_COLUMNS = [
  ['Channel', 'who', 'name'],
  ['State', 'state', 'attached', 'Whether it has a connection over which both sides agreed, and since when'],
  ['Unacknowledged', 'number', 'unacknowledged', 'Packets that its store keeps, since the peer has not acknowledged them'],
  ['Oldest', 'number', 'oldest', 'For how long the oldest of these packets has been stored'],
  ['Stored', 'number', 'stored', 'Packets to send that its store has ever taken'],
  ['Taken', 'number', 'received', 'Packets of the peer that the application has acknowledged'],
  ['Sent again', 'number', 'resent', 'Packets that went over more than one connection'],
  ['Connections', 'number', 'connections', 'Over how many connections it went, and how many of these a later one took over while they were up'],
];

export const channelTable = (into) => new RowTable(into, {
  path: 'rows/channels',
  name: 'channels',
  columns: CHANNEL_COLUMNS,
  none: 'No channel is open.',
  make(channel) {
    const row = element('tr');
    const cell = element('th', 'who');
    cell.scope = 'row';
    const name = element('div', 'line');
    name.append(arrow(channel.direction), element('span', 'name channel', channel.name));
    const line = element('div', 'line');
    who({ id: channel.id, name: channel.peerName }, line);
    cell.append(name, line);
    row.append(cell);
    const [state, ...facts] = cells(row, CHANNEL_COLUMNS.slice(1));
    row.state = element('span', 'badge');
    row.since = element('span', 'number');
    state.append(row.state, ' ', row.since);
    row.facts = facts;
    return row;
  },
  update(row, channel, at) {
    row.state.className = channel.attached ? 'badge good' : 'badge fault';
    write(row.state, channel.attached ? 'attached' : 'detached');
    write(row.since, format.lasting(at - channel.since));
    const { unacknowledged, bytes, oldest } = channel;
    [unacknowledged > 0 ? `${format.count(unacknowledged)}, ${format.bytes(bytes)}` : '0',
      oldest == null ? '–' : format.millis(oldest),
      ...[channel.stored, channel.received, channel.resent].map(format.about),
      channel.takeovers > 0 ? `${format.count(channel.connections)}, ${format.count(channel.takeovers)} taken over`
        : format.count(channel.connections)]
      .forEach((text, i) => write(row.facts[i], text));
  },
});

const ENDING_COLUMNS = [
  ['Peer', 'who', null],
  ['Ago', 'number ago', 'at'],
  ['Was up for', 'number', null],
  ['Reason', 'why', 'reason'],
];

export const endingTable = (into) => new RowTable(into, {
  path: 'rows/endings',
  name: 'latest endings',
  columns: ENDING_COLUMNS,
  none: 'Nothing was refused, and nothing has ended.',
  most: 10,
  make(ending) {
    const row = element('tr');
    const cell = element('th', 'who');
    cell.scope = 'row';
    const line = element('div', 'line');
    line.append(arrow(ending.direction));
    who(ending, line);
    cell.append(line, element('div', 'line muted where', ending.address));
    row.append(cell);
    const [ago, lasted, why] = cells(row, ENDING_COLUMNS.slice(1));
    row.ago = ago;
    lasted.textContent = ending.lasted == null ? 'refused' : format.lasting(ending.lasted);
    why.append(reasonLink(ending.reason, ending.fault), ' ', ending.text);
    return row;
  },
  update(row, ending, at) {
    write(row.ago, format.lasting(at - ending.at));
  },
});
