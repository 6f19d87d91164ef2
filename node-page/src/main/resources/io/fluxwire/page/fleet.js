// The fleet that the node is an instance of: whether it is a member, what went through it, and how
// many peers each instance has.
import { element, find, keyed, write } from './dom.js';
import * as format from './format.js';

const STATES = {
  new: ['fault', 'not a member'],
  joining: ['fault', 'not a member: joining'],
  joined: ['good', 'a member'],
  away: ['fault', 'away: the engine is lost'],
  left: ['fault', 'has left'],
};

const factRows = new Map();
const instanceRows = new Map();

export function showFleet({ fleet, at }) {
  const card = find('fleet-card');
  card.hidden = !fleet;
  find('fleet-json').hidden = !fleet;
  if (!fleet) return;
  const told = tell(fleet, at);
  write(find('fleet-count'), `${told}; ${format.plural(fleet.members, 'member')}`);
  if (!card.open) return;
  showFacts(fleet, told);
  showInstances(fleet, at);
}

function tell({ state, since }, at) {
  return `${STATES[state]?.[1] ?? state} for ${format.lasting(at - since)}`;
}

function showFacts(fleet, told) {
  const { draining, dials, sharedDials, rules } = fleet;
  const facts = [
    ['Instance', fleet.instance],
    ['State', told],
    ['Members', draining > 0 ? `${format.count(fleet.members)}, ${format.count(draining)} of them about to leave`
      : format.count(fleet.members)],
    ['Forwarded', `${format.count(fleet.forwarded)} packets to others, ${format.count(fleet.received)} from others`],
    ['Misses', `${format.count(fleet.misses)} times a peer was not where it was said to be`],
    ['Moves', `${format.plural(fleet.moves, 'dial')} taken over`],
    ['Duplicates', `${format.plural(fleet.duplicates, 'connection')} closed for a later one`],
    ['Shared dials', `${format.count(dials)} of ${format.count(sharedDials)} are this instance's`],
    ['Rules', rules === 0 ? 'none' : format.count(rules)],
  ];
  keyed(find('fleet'), factRows, facts, ([name]) => name,
    ([name]) => {
      const row = element('div');
      row.value = element('dd', name === 'State' ? 'state' : '');
      row.append(element('dt', '', name), row.value);
      if (name === 'State') {
        row.value.append(element('span', 'badge'));
        row.value = row.value.firstChild;
      }
      return row;
    },
    (row, [name, value]) => {
      if (name === 'State') row.value.className = `badge ${STATES[fleet.state]?.[0] ?? ''}`;
      write(row.value, value);
    });
}

function showInstances({ instances, others, countedAt, countError }, at) {
  const shown = others ? [...instances, { others: others.instances, peers: others.peers }] : instances;
  const all = shown.reduce((sum, { peers }) => sum + (peers ?? 0), 0);
  keyed(find('instances').tBodies[0], instanceRows, shown, ({ id }) => id ?? 'others', makeInstance,
    (row, { id, self, draining, others: more, peers }) => {
      write(row.name, id ?? `${format.count(more)} more`);
      write(row.note, [self && 'this one', draining && 'about to leave'].filter(Boolean).join(', '));
      row.note.hidden = !row.note.textContent;
      write(row.peers, format.count(peers));
      write(row.share, peers == null || all === 0 ? '–' : `${Math.round(100 * peers / all)} %`);
    });
  const counted = countedAt == null ? 'Not counted yet.' : `Counted ${format.lasting(at - countedAt)} ago.`;
  write(find('fleet-counted'), countError ? `${counted} Not counted again: ${countError}` : counted);
}

function makeInstance() {
  const row = element('tr');
  const head = element('th', 'who');
  head.scope = 'row';
  const line = element('div', 'line');
  row.name = element('span', 'instance');
  row.note = element('span', 'muted');
  line.append(row.name, row.note);
  head.append(line);
  row.append(head);
  [row.peers, row.share] = ['Peers', 'Share'].map((label) => {
    const cell = element('td', 'number');
    cell.dataset.label = label;
    row.append(cell);
    return cell;
  });
  return row;
}
