// Numbers and times as people read them.

const BYTES = [[1e9, 'GB'], [1e6, 'MB'], [1e3, 'kB'], [1, 'B']];
const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

function digits(value) {
  if (value === 0) return '0';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function bytes(value) {
  const [unit, name] = BYTES.find(([from]) => value >= from) ?? [1, 'B'];
  return unit === 1 ? `${value.toFixed(0)} B` : `${digits(value / unit)} ${name}`;
}

export const rate = (value) => (value == null ? '–' : `${bytes(value)}/s`);

export const count = (value) => (value == null ? '–' : COUNT.format(value));

export const perSecond = (value) => (value == null ? '–' : `${COMPACT.format(value)}/s`);

export function millis(value) {
  if (value == null) return '–';
  return value >= 1000 ? `${digits(value / 1000)} s` : `${digits(value)} ms`;
}

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

export const shortId = (id) => `${id.slice(0, 8)}…${id.slice(-6)}`;
