// What the node dials, and the latest rounds of dialing.
import { element, find, keyed, write } from './dom.js';
import * as format from './format.js';

const OUTCOMES = { RUNNING: 'under way', WON: 'won', FAILED: 'failed', CANCELLED: 'cancelled' };

const targetRows = new Map();
const roundRows = new Map();

export function showDials({ targets, dials, status, at }) {
  const card = find('dials-card');
  card.hidden = status.targets === 0 && dials.length === 0;
  if (card.hidden) return;
  write(find('dials-count'), status.targets === 0 ? 'nothing just now'
    : `${format.count(status.targets - status.down)} of ${format.count(status.targets)} connected`
      + (status.targets > targets.length ? `; ${targets.length} shown` : ''));
  if (!card.open) return;
  find('targets').hidden = targets.length === 0;
  keyed(find('targets').tBodies[0], targetRows, targets, ({ name }) => name, makeTarget,
    (row, target) => {
      row.state.className = target.up ? 'badge good' : 'badge fault';
      write(row.state, target.up ? 'connected' : 'not connected');
      write(row.since, `for ${format.lasting(at - target.since)}`);
      [next(target, at), format.count(target.failures), target.lastError ?? '–'].forEach((text, i) => write(row.facts[i], text));
    });
  if (find('races-card').open) showRounds(dials, at);
}

function next({ up, dialing, nextAt }, at) {
  if (up) return '–';
  if (dialing) return 'dialing';
  return nextAt == null ? 'no more' : format.lasting(nextAt - at);
}

function makeTarget({ name }) {
  const row = element('tr');
  const head = element('th', 'channel', name);
  head.scope = 'row';
  const cell = (label, className) => {
    const made = element('td', className);
    made.dataset.label = label;
    row.append(made);
    return made;
  };
  row.append(head);
  row.state = element('span', 'badge');
  row.since = element('span', 'number');
  cell('State', 'state').append(row.state, ' ', row.since);
  row.facts = [cell('Next dial in', 'number'), cell('Failed in a row', 'number'), cell('Last error', 'error')];
  return row;
}

/** A lane for each attempt, against the round's own time. */
function showRounds(dials, at) {
  keyed(find('dials'), roundRows, dials, (round) => `${round.name} ${round.at}`,
    () => {
      const row = element('li');
      row.told = element('p', 'round');
      row.lanes = element('div', 'lanes');
      row.append(row.told, row.lanes);
      return row;
    },
    (row, round) => {
      write(row.told, tell(round, at));
      const drawn = JSON.stringify(round.attempts);
      if (row.drawn === drawn && round.outcome !== 'RUNNING') return;
      row.drawn = drawn;
      row.lanes.replaceChildren(...lanes(round, at));
    });
}

function tell(round, at) {
  const parts = [`${format.lasting(at - round.at)} ago`, round.name];
  if (round.outcome === 'RUNNING') parts.push('racing');
  if (round.outcome === 'WON') parts.push(`connected in ${format.millis(round.end - round.at)}`);
  if (round.outcome === 'FAILED') parts.push(`all failed in ${format.millis(round.end - round.at)}`);
  if (round.lostAt != null) {
    parts.push(`lost after ${format.lasting(round.lostAt - round.end)}: ${round.lostReason}`);
  }
  return parts.join(' · ');
}

function lanes(round, at) {
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
    if (attempt.detail) lane.append(element('span', 'lane-detail', attempt.detail));
    return lane;
  });
}
