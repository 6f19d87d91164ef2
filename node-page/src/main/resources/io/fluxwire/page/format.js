// Numbers and times as people read them: one notation for all, units of 1,000 with a space before.

const NO_DATA = 'no data yet';
const PREFIXES = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

function digits(value) {
  if (value === 0) return '0';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** With a prefix from 1,000 on; trailing zeros only where digits shall not jump. */
function scaled(value, unit) {
  const [size, prefix] = PREFIXES.find(([from]) => value >= from) ?? [1, ''];
  const number = size === 1 ? COUNT.format(value) : digits(value / size);
  return `${number} ${prefix}${unit}`.trim();
}

export const bytes = (value) => (value == null ? NO_DATA : scaled(value, 'B'));

export const rate = (value) => (value == null ? NO_DATA : `${bytes(value)}/s`);

export const count = (value) => (value == null ? NO_DATA : COUNT.format(value));

export const perSecond = (value) => (value == null ? NO_DATA : `${scaled(value, '')}/s`);

/** A great count, in few digits. */
export const about = (value) => scaled(value, '');

export function millis(value) {
  if (value == null) return NO_DATA;
  return value >= 1000 ? `${digits(value / 1000)} s` : `${digits(value)} ms`;
}

/** For an axis: as short as it can be told. */
export const short = (text) => text.replace(/(\.\d*?)0+(?=\D)/, '$1').replace(/\.(?=\D)/, '');

/** A length of time, from milliseconds: its two largest units. */
export function lasting(value) {
  const seconds = Math.max(0, Math.floor(value / 1000));
  const parts = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return '0 s';
  return parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(' ');
}

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

export const shortId = (id) => `${id.slice(0, 8)}…${id.slice(-6)}`;

/** What a session negotiated, in few words. */
export function session({ protocol, cipher, postQuantum }) {
  if (protocol !== 'upgraded') return 'version 3';
  return postQuantum ? `${cipher}, post-quantum` : cipher;
}
