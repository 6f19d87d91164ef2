// Why connections were refused and why they ended: a row for each reason, however often it came,
// whose button explains it in place.
import { button, element, find, keyed, write } from './dom.js';
import * as format from './format.js';

const ORIGINS = {
  PEER: 'the peer, or somebody in its place',
  PATH: 'what lies between the two',
  THIS_NODE: 'this node',
  APPLICATION: 'the application on this side',
  LIMIT: 'a limit of this side: nobody broke a rule',
};

const explanations = fetch('reasons').then((answer) => (answer.ok ? answer.json() : {}), () => ({}));

export const anchor = (reason) => `reason-${reason}`;

async function explain(reason, into) {
  const known = (await explanations)[reason];
  if (!known) {
    into.replaceChildren(element('p', '', 'The node does not explain this one.'));
    return;
  }
  const facts = element('dl', 'explanation');
  for (const [name, text] of [['What happened', known.description], ['What to do', known.advice],
    ['Caused by', ORIGINS[known.origin] ?? known.origin],
    ['Can another try help?', known.retryable ? 'Yes, without any change.' : 'No: one side has to change something first.']]) {
    const row = element('div');
    row.append(element('dt', '', name), element('dd', '', text));
    facts.append(row);
  }
  into.replaceChildren(facts);
}

function make({ kind, reason, fault }) {
  const body = element('tbody');
  body.id = kind === 'ended' ? anchor(reason) : `${kind}-${reason}`;
  const row = element('tr');
  const head = element('th', 'reason');
  head.scope = 'row';
  const told = element('tr', 'told');
  told.hidden = true;
  const cell = element('td');
  cell.colSpan = 5;
  told.append(cell);
  told.id = `${body.id}-told`;
  const toggle = button(fault ? 'badge explain fault' : 'badge explain', reason, () => body.open(told.hidden));
  body.open = (open) => {
    told.hidden = !open;
    toggle.setAttribute('aria-expanded', String(open));
    if (open) explain(reason, cell);
  };
  toggle.setAttribute('aria-expanded', 'false');
  toggle.setAttribute('aria-controls', told.id);
  body.toggle = toggle;
  head.append(toggle);
  body.cells = [['Refused or ended', 'kind'], ['Times', 'number times'], ['Latest', 'number latest'],
    ['The latest one', 'error']].map(([label, className]) => {
    const made = element('td', className);
    made.dataset.label = label;
    return made;
  });
  row.append(head, ...body.cells);
  body.append(row, told);
  return body;
}

const bodies = new Map();

export function showReasons({ refused, ended, at }) {
  const rows = [...refused.map((one) => ({ ...one, kind: 'refused' })),
    ...ended.map((one) => ({ ...one, kind: 'ended' }))];
  const table = find('reasons');
  table.hidden = rows.length === 0;
  find('reasons-none').hidden = rows.length > 0;
  const sum = (list) => format.count(list.reduce((all, { count }) => all + count, 0));
  write(find('reasons-count'), rows.length === 0 ? '' : `${sum(refused)} refused, ${sum(ended)} ended`);
  // Behind the head, which stays.
  if (!table.rowsFrom) table.rowsFrom = new BodiesOf(table);
  keyed(table.rowsFrom, bodies, rows, ({ kind, reason }) => `${kind} ${reason}`, make,
    (body, { kind, count, at: last, who, text }) => {
      const from = /^[0-9a-f]{66}$/.test(who) ? format.shortId(who) : who;
      [kind, format.count(count), `${format.lasting(at - last)} ago`, `${from}: ${text}`]
        .forEach((value, i) => write(body.cells[i], value));
    });
}

/** A table's bodies as if they were all of its children. */
class BodiesOf {
  constructor(table) { this.table = table; }
  get firstChild() { return this.table.tBodies[0] ?? null; }
  insertBefore(body, place) { this.table.insertBefore(body, place); }
}

/** A link to the row that explains a reason. */
export function reasonLink(reason, fault) {
  const link = element('a', fault ? 'badge fault' : 'badge', reason);
  link.href = `#${anchor(reason)}`;
  link.addEventListener('click', (event) => {
    const body = bodies.get(`ended ${reason}`) ?? bodies.get(`refused ${reason}`);
    if (!body) return;
    event.preventDefault();
    body.open(true);
    body.toggle.focus();
    body.scrollIntoView({ block: 'nearest' });
  });
  return link;
}
