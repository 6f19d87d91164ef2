// The charts of up to 15 minutes, drawn by uPlot (window.uPlot): what the node has kept of the time
// before the page was opened, and what has come since.
import { element, write } from './dom.js';
import * as format from './format.js';

/** As much as the node keeps. */
const KEPT = 900;
/** More points than this are put together: there are not many more pixels. */
const POINTS = 300;
/** Seconds without a sample that are drawn as a gap. */
const GAP = 2.5;
const PHONE = matchMedia('(max-width: 640px)');

const last = (values) => values[values.length - 1];
const sum = (values) => values.reduce((all, value) => all + value, 0);
const mean = (values) => sum(values) / values.length;
const max = (values) => Math.max(...values);

/** How the samples of one point are put together, so that a peak is not lost and a sum is one. */
const CHARTS = [
  { key: 'throughput', title: 'Throughput', show: format.rate, least: 1000,
    lines: [['In', 'bytesIn', '--in', mean], ['Out', 'bytesOut', '--out', mean]] },
  { key: 'packets', title: 'Packets', show: format.perSecond, least: 10,
    lines: [['In', 'packetsIn', '--in', mean], ['Out', 'packetsOut', '--out', mean]] },
  { key: 'peers', title: 'Peers', show: format.count, least: 2, step: true,
    lines: [['Connected', 'peers', '--in', last]] },
  { key: 'roundtrip', title: 'Round trip', show: format.millis, count: 'roundTrips',
    lines: [['p50', 'roundTrip50', '--in', mean], ['p99', 'roundTrip99', '--out', max]] },
  { key: 'queue', title: 'Write queue', show: format.bytes, more: true, least: 1000,
    lines: [['Waiting', 'queued', '--in', max]] },
  { key: 'waits', title: 'Waits', show: format.count, more: true, bars: true, least: 2,
    lines: [['Stalls', 'stalls', '--in', sum], ['Demand waits', 'demandWaits', '--out', sum]] },
  { key: 'connections', title: 'Connections', show: format.count, more: true, bars: true, least: 2,
    lines: [['Opened', 'opened', '--in', sum], ['Ended', 'ended', '--out', sum]] },
  { key: 'refused', title: 'Refused, and connected again', show: format.count, more: true, bars: true, least: 2,
    lines: [['Refused', 'refused', '--out', sum], ['Reconnects', 'reconnects', '--in', sum]] },
  { key: 'handshake', title: 'Handshake, the latest 100', show: format.millis, more: true,
    lines: [['p50', 'handshake50', '--in', mean], ['p99', 'handshake99', '--out', max]] },
];

function color(name, alpha = '') {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() + alpha;
}

class Chart {
  constructor(spec, charts) {
    this.spec = spec;
    this.charts = charts;
    this.card = element('article', 'card chart');
    this.card.id = `chart-${spec.key}`;
    const head = element('div', 'head');
    head.append(element('h3', '', spec.title));
    const legend = element('ul', 'legend');
    this.values = spec.lines.map(([label, , name]) => {
      const item = element('li');
      item.append(element('span', `swatch ${name === '--in' ? 'line0' : 'line1'}`), label);
      const value = element('b', 'number', '');
      item.append(value);
      legend.append(item);
      return value;
    });
    if (spec.count) {
      const item = element('li', '', 'n');
      this.count = element('b', 'number', '');
      item.append(this.count);
      legend.append(item);
    }
    head.append(legend);
    this.plotBox = element('div', 'plot');
    this.plotBox.setAttribute('role', 'img');
    this.none = element('p', 'no-data', 'no data yet');
    this.card.append(head, this.plotBox, this.none);
    new ResizeObserver(() => this.fit()).observe(this.plotBox);
  }

  height() {
    return PHONE.matches ? 110 : 160;
  }

  /** Made anew when the colours change. */
  draw() {
    this.plot?.destroy();
    const { spec } = this;
    const grid = { stroke: color('--grid'), width: 1 };
    const tick = { show: false };
    const font = '12px system-ui, sans-serif';
    const stroke = color('--muted');
    this.plot = new window.uPlot({
      width: Math.max(this.plotBox.clientWidth, 50),
      height: this.height(),
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, sync: { key: 'fluxwire' },
        points: { size: 6 } },
      hooks: { setCursor: [(plot) => this.label(plot.cursor.idx)] },
      scales: {
        x: { time: false, range: () => this.charts.span() },
        y: { range: (_, __, most) => [0, Math.max((most ?? 0) * 1.15, spec.least ?? 1e-9)] },
      },
      axes: [
        { stroke, font, grid: { show: false }, ticks: tick, size: 28, gap: 6,
          splits: () => { const [from, to] = this.charts.span(); return [from, (from + to) / 2, to]; },
          values: () => { const [from, to] = this.charts.span(); return [`−${format.lasting(1000 * (to - from))}`, `−${format.lasting(500 * (to - from))}`, 'now']; } },
        { stroke, font, grid, ticks: tick, size: 74, space: 36,
          values: (_, splits) => splits.map((v) => (v === 0 ? '0' : format.short(spec.show(v)))) },
      ],
      series: [{}, ...spec.lines.map(([label, , name], i) => ({
        label,
        stroke: color(name),
        width: 2,
        dash: name === '--out' && !spec.bars ? [5, 4] : undefined,
        fill: spec.bars ? color(name, 'cc') : i === 0 ? color(name, '1f') : undefined,
        points: { show: false },
        paths: spec.bars ? window.uPlot.paths.bars({ size: [0.9, 14, 2], align: i === 0 ? -1 : 1 })
          : spec.step ? window.uPlot.paths.stepped({ align: -1 }) : undefined,
      }))],
    }, this.data(), this.plotBox);
  }

  data() {
    const { points } = this.charts;
    return [points.x, ...this.spec.lines.map(([, column]) => points[column])];
  }

  fit() {
    if (this.plot && this.plotBox.clientWidth > 0) {
      this.plot.setSize({ width: this.plotBox.clientWidth, height: this.height() });
    }
  }

  update() {
    if (document.hidden || this.plotBox.clientWidth === 0 && !this.card.checkVisibility?.()) return;
    const empty = !this.data().slice(1).some((values) => values.some((value) => value != null));
    this.none.hidden = !empty;
    this.plotBox.hidden = empty;
    if (!empty) {
      if (this.plot) this.plot.setData(this.data());
      else this.draw();
    }
    this.label(this.plot?.cursor.idx);
  }

  label(at) {
    const { points } = this.charts;
    const index = at == null || at >= points.x.length ? points.x.length - 1 : at;
    const texts = this.spec.lines.map(([label, column], i) => {
      const value = points[column][index];
      const text = value == null ? '–' : this.spec.show(value);
      write(this.values[i], text);
      return `${label} ${value == null ? 'no data' : text}`;
    });
    if (this.count) {
      const text = format.count(points[this.spec.count][index] ?? 0);
      write(this.count, text);
      texts.push(`of ${text}`);
    }
    this.plotBox.setAttribute('aria-label', `${this.spec.title}: ${texts.join(', ')}`);
  }
}

/** All charts, over one set of samples. */
export class Charts {
  constructor(into, intoMore) {
    this.samples = [];
    this.minutes = 1;
    this.columns = CHARTS.flatMap(({ lines, count }) => [...lines.map(([, column, , how]) => [column, how]),
      ...(count ? [[count, sum]] : [])]);
    this.gather();
    this.charts = CHARTS.map((spec) => {
      const chart = new Chart(spec, this);
      (spec.more ? intoMore : into).append(chart.card);
      return chart;
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.charts.forEach((chart) => chart.plot && chart.draw());
    });
  }

  /** Takes samples, objects by their fields, that are later than those that are there. */
  add(samples) {
    const newest = last(this.samples)?.at ?? -1;
    this.samples.push(...samples.filter(({ at }) => at > newest));
    if (this.samples.length > KEPT) this.samples.splice(0, this.samples.length - KEPT);
    this.update();
  }

  /** Begins anew with what the node has kept. */
  restart(samples) {
    this.samples = [];
    this.add(samples);
  }

  look(minutes) {
    this.minutes = minutes;
    this.update();
  }

  latest() {
    return last(this.samples);
  }

  update() {
    this.gather();
    this.charts.forEach((chart) => chart.update());
  }

  /** From when to when, in seconds on the node's clock. */
  span() {
    const now = (this.latest()?.at ?? 0) / 1000;
    return [now - 60 * this.minutes, now];
  }

  /** Puts as many samples together as make a point, and leaves a gap where there are none. */
  gather() {
    const [from] = this.span();
    const step = Math.max(1, Math.ceil(60 * this.minutes / POINTS));
    const points = { x: [] };
    for (const [column] of this.columns) points[column] = [];
    const group = [];
    const put = (x, value) => {
      points.x.push(x);
      for (const [column, how] of this.columns) points[column].push(value(column, how));
    };
    const flush = () => {
      if (group.length === 0) return;
      put(last(group).at / 1000, (column, how) => {
        const values = group.map((sample) => sample[column]).filter((value) => value != null);
        return values.length > 0 ? how(values) : null;
      });
      group.length = 0;
    };
    let before = null;
    for (const sample of this.samples) {
      const at = sample.at / 1000;
      if (at < from) continue;
      if (before != null && at - before > GAP) {
        flush();
        put(before + 0.1, () => null);
      }
      // By the clock, so that a point keeps its samples while time goes on.
      if (group.length > 0 && Math.floor(at / step) !== Math.floor(group[0].at / 1000 / step)) flush();
      group.push(sample);
      before = at;
    }
    flush();
    this.points = points;
  }
}
