// Draws the charts of a page by uPlot, in the colours of the theme, as wide as there is room. Times are written as everywhere on the pages.
/* global uPlot */
import { clockText, dayText, fullText } from './times.js';

const COLORS = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6', '--line-7', '--line-8'];
const drawn = new Map();
const dark = matchMedia('(prefers-color-scheme: dark)');

export function drawCharts() {
  if (typeof uPlot === 'undefined') return;
  for (const [element, plot] of drawn) {
    if (element.isConnected) continue;
    plot.destroy();
    drawn.delete(element);
  }
  for (const element of document.querySelectorAll('[data-chart]')) if (!drawn.has(element)) draw(element);
}

function draw(element) {
  const { from, step, lines } = JSON.parse(element.dataset.chart);
  const x = (lines[0]?.values ?? []).map((_, at) => from + at * step);
  const color = (name) => resolved(element, name);
  const axis = { stroke: color('--quiet'), grid: { stroke: color('--edge'), width: 1 }, ticks: { stroke: color('--edge'), width: 1 } };
  const series = lines.map(({ name }, at) => ({
    label: name,
    stroke: color(COLORS[at % COLORS.length]),
    width: 2,
    dash: at >= COLORS.length ? [6, 4] : [],
    points: { show: false },
  }));
  const options = {
    width: element.clientWidth,
    height: 220,
    cursor: { drag: { x: true, y: false } },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(2, high * 1.1)] } },
    axes: [{ ...axis, space: 70, values: timesOf }, { ...axis, size: 44 }],
    series: [{ value: (_plot, seconds) => (seconds === null ? '--' : fullText(new Date(seconds * 1000))) }, ...series],
  };
  drawn.set(element, new uPlot(options, [x, ...lines.map(({ values }) => values)], element));
}

// The day stands under the first time of each day.
function timesOf(_plot, splits) {
  const days = splits.map((seconds) => dayText(new Date(seconds * 1000)));
  return splits.map((seconds, at) => `${clockText(new Date(seconds * 1000))}${days[at] === days[at - 1] ? '' : `\n${days[at]}`}`);
}

// A canvas knows no light-dark(): the colour that is really meant.
function resolved(element, name) {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

function redraw() {
  for (const [element, plot] of drawn) {
    plot.destroy();
    element.replaceChildren();
  }
  drawn.clear();
  drawCharts();
}

dark.addEventListener('change', redraw);
addEventListener('resize', () => {
  for (const [element, plot] of drawn) plot.setSize({ width: element.clientWidth, height: 220 });
});
