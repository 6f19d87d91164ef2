// The charts: up to two minutes of samples each, drawn by uPlot (window.uPlot).
import * as format from './format.js';

const SECONDS = 120;
const LEAST_SECONDS = 30;
const SAMPLES = 2 * SECONDS + 8;

const CHARTS = [
  { key: 'throughput', title: 'Throughput', show: format.rate, axis: (v) => format.bytes(v),
    lines: [['In', 'inBytes', '--in'], ['Out', 'outBytes', '--out']] },
  { key: 'packets', title: 'Packets a second', show: format.count, axis: short,
    lines: [['In', 'inPackets', '--in'], ['Out', 'outPackets', '--out']] },
  { key: 'roundtrip', title: 'Round trip', show: format.millis, axis: format.millis, optional: true,
    lines: [['p50', 'rtt50', '--in'], ['p99', 'rtt99', '--out']] },
  { key: 'handshake', title: 'Handshake, latest 100', show: format.millis, axis: format.millis, optional: true,
    lines: [['p50', 'hs50', '--in'], ['p99', 'hs99', '--out']] },
  { key: 'connections', title: 'Connections', show: format.count, axis: short, bars: true, least: 2,
    lines: [['Opened', 'opened', '--in'], ['Ended', 'ended', '--out']] },
  { key: 'reconnects', title: 'Reconnects', show: format.count, axis: short, optional: true, step: true, least: 2,
    lines: [['In all', 'reconnects', '--in']] },
];

function short(value) {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(1)} M`;
  return value >= 1e4 ? `${+(value / 1e3).toFixed(1)} k` : `${+value.toFixed(2)}`;
}

function color(name, alpha = '') {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() + alpha;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text != null) made.textContent = text;
  return made;
}

class Chart {
  constructor(spec, columns, into) {
    this.spec = spec;
    this.columns = columns;
    this.card = element('article', 'card chart');
    this.card.id = `chart-${spec.key}`;
    this.card.hidden = Boolean(spec.optional);
    const head = element('div', 'head');
    head.append(element('h2', '', spec.title));
    const legend = element('ul', 'legend');
    this.values = spec.lines.map(([label], i) => {
      const item = element('li');
      item.append(element('span', `swatch line${i}`), label);
      const value = element('b', 'number', '–');
      item.append(value);
      legend.append(item);
      return value;
    });
    head.append(legend);
    this.plotBox = element('div', 'plot');
    this.plotBox.setAttribute('role', 'img');
    this.card.append(head, this.plotBox);
    into.append(this.card);
    new ResizeObserver(() => this.fit()).observe(this.plotBox);
  }

  /** Made anew when the colours change. */
  draw() {
    this.plot?.destroy();
    const { spec } = this;
    const grid = { stroke: color('--grid'), width: 1 };
    const tick = { show: false };
    const font = '12px system-ui, sans-serif';
    const stroke = color('--muted');
    const cursorAt = (plot) => this.label(plot.cursor.idx);
    this.plot = new window.uPlot({
      width: Math.max(this.plotBox.clientWidth, 50),
      height: 180,
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, sync: { key: 'fluxwire' },
        points: { size: 6 } },
      hooks: { setCursor: [cursorAt] },
      scales: {
        x: { time: false, range: () => [this.now - this.span(), this.now] },
        y: { range: (_, __, max) => [0, Math.max((max ?? 0) * 1.15, spec.least ?? 1e-9)] },
      },
      axes: [
        { stroke, font, grid: { show: false }, ticks: tick, size: 30,
          gap: 8,
          splits: () => [1, 0.5, 0].map((share) => this.now - share * this.span()),
          values: () => [1, 0.5, 0].map((share) => (share ? `−${format.lasting(1000 * share * this.span())}` : 'now')) },
        { stroke, font, grid, ticks: tick, size: 66, space: 36,
          values: (_, splits) => splits.map((v) => spec.axis(v)) },
      ],
      series: [{}, ...spec.lines.map(([label, , name], i) => ({
        label,
        stroke: color(name),
        width: 2,
        dash: i === 1 && !spec.bars ? [5, 4] : undefined,
        fill: spec.bars ? color(name, 'cc') : i === 0 ? color(name, '1f') : undefined,
        points: { show: false },
        paths: spec.bars ? window.uPlot.paths.bars({ size: [0.9, 14, 3], align: i === 0 ? -1 : 1 })
          : spec.step ? window.uPlot.paths.stepped({ align: 1 }) : undefined,
      }))],
    }, this.data(), this.plotBox);
  }

  /** Grows with what there is to show. */
  span() {
    const [first] = this.columns.x;
    return Math.min(SECONDS, Math.max(LEAST_SECONDS, this.now - (first ?? this.now)));
  }

  data() {
    return [this.columns.x, ...this.spec.lines.map(([, column]) => this.columns[column])];
  }

  fit() {
    if (this.plot && this.plotBox.clientWidth > 0) {
      this.plot.setSize({ width: this.plotBox.clientWidth, height: 180 });
    }
  }

  update(now) {
    this.now = now;
    if (this.card.hidden && this.spec.lines.some(([, column]) => this.columns[column].some((v) => v != null))) {
      this.card.hidden = false;
    }
    if (this.card.hidden || document.hidden) return;
    if (!this.plot) this.draw();
    this.plot.setData(this.data());
    this.label(this.plot.cursor.idx);
  }

  label(at) {
    const { x } = this.columns;
    const index = at == null || at >= x.length ? x.length - 1 : at;
    const texts = this.spec.lines.map(([, column], i) => {
      const text = this.spec.show(this.columns[column][index]);
      this.values[i].textContent = text;
      return `${this.spec.lines[i][0]} ${text}`;
    });
    this.plotBox.setAttribute('aria-label', `${this.spec.title}: ${texts.join(', ')}`);
  }
}

/** All charts, over one set of samples. */
export class Charts {
  constructor(into) {
    this.columns = { x: [] };
    for (const { lines } of CHARTS) for (const [, column] of lines) this.columns[column] = [];
    this.charts = CHARTS.map((spec) => new Chart(spec, this.columns, into));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.charts.forEach((chart) => chart.plot && chart.draw());
    });
  }

  /** Takes what is there at this second; nothing where the sample has nothing. */
  add(second, sample) {
    for (const [name, column] of Object.entries(this.columns)) {
      column.push(name === 'x' ? second : sample[name] ?? null);
      if (column.length > SAMPLES) column.splice(0, column.length - SAMPLES);
    }
    this.charts.forEach((chart) => chart.update(second));
  }

  /** Begins anew: the node has, too. */
  clear() {
    for (const column of Object.values(this.columns)) column.length = 0;
  }
}
