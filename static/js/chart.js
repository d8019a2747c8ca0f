// Charts of every page, by Chart.js. Colours and fonts are the theme's tokens: a chart is drawn
// again when the theme or the width changes. Nothing moves, so reduced motion asks for no more.
// `templates/_chart.html` has the canvas and its data, `_chart_table.html` the same as a table.

import "../vendor/chartjs/chart.umd.min.js";
import { hideTip, showTip } from "./chart_tip.js";

export const NARROW = matchMedia("(max-width: 640px)");

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function sum(series, index) {
  return series.reduce((total, { values }) => total + values[index], 0);
}

function font(size, weight) {
  return { family: token("--font"), size, weight };
}

// One bar in words, for phones, where a tooltip would cover the chart.
function sentence(data, words, index) {
  const parts = data.series.filter(({ values }) => values[index] > 0);
  const named = parts.map(({ name, values }) => `${name} ${words.value(values[index])}`).join(" · ");
  return `${words.title(index)}: ${words.value(sum(data.series, index))}${named ? ` (${named})` : ""}`;
}

function tooltip(data, words) {
  return {
    enabled: false,
    external: ({ chart, tooltip: { opacity, dataPoints, caretX, caretY } }) => {
      const items = (dataPoints ?? []).filter(({ raw }) => raw > 0);
      if (!opacity || !items.length || NARROW.matches) return hideTip(chart.canvas);
      const index = items[0].dataIndex;
      const shown = items.map(({ datasetIndex }) => datasetIndex).sort((one, other) => one - other);
      const named = shown.filter((n) => n < data.series.length).map((n) => data.series[n]);
      const lines = named.map(({ name, values, colour }) => [name, words.value(values[index]), colour]);
      if (lines.length) lines.push(["Total", words.value(sum(named, index))]);
      else lines.push(["Forecast", words.value(data.toCome[index])]);
      showTip(chart.canvas, { title: words.title(index), lines, x: caretX, y: caretY });
    },
  };
}

function scales(words) {
  const ticks = { color: token("--c-text"), font: font(11) };
  const grid = token("--c-grid");
  return {
    x: {
      stacked: true,
      grid: { display: false },
      border: { color: grid },
      ticks: { ...ticks, maxRotation: 0, autoSkip: false, callback: (_, index) => words.tick(index) },
    },
    y: {
      stacked: true,
      beginAtZero: true,
      border: { display: false },
      grid: { color: grid },
      ticks: { ...ticks, maxTicksLimit: 5, callback: words.axis },
    },
  };
}

function dataset({ name, colour, values }) {
  const fill = token(`--c-${colour}`);
  return {
    label: name,
    data: values,
    backgroundColor: fill,
    hoverBackgroundColor: fill,
    borderColor: "transparent",
    borderWidth: { top: 1 },
    maxBarThickness: 32,
  };
}

// Days to come: bars without a fill, whose outline `DASHES` draws.
function toCome(values) {
  return { label: "Forecast", data: values, backgroundColor: "transparent", maxBarThickness: 32, dashed: true };
}

const DASHES = {
  id: "dashes",
  afterDatasetsDraw(chart) {
    const at = chart.data.datasets.findIndex(({ dashed }) => dashed);
    if (at < 0 || !chart.isDatasetVisible(at)) return;
    const { ctx } = chart;
    ctx.save();
    ctx.setLineDash([3, 3]);
    ctx.strokeStyle = token("--control");
    for (const bar of chart.getDatasetMeta(at).data) {
      const { x, y, base, width } = bar.getProps(["x", "y", "base", "width"]);
      if (base - y > 1) ctx.strokeRect(x - width / 2 + 0.5, y + 0.5, width - 1, base - y);
    }
    ctx.restore();
  },
};

// The column under the pointer.
const HOT = {
  id: "hot",
  beforeDatasetsDraw(chart) {
    const [bar] = chart.getActiveElements();
    if (!bar || NARROW.matches) return;
    const { ctx, chartArea: area, scales: { x } } = chart;
    const width = area.width / chart.data.labels.length;
    ctx.save();
    ctx.globalAlpha = 0.6;
    ctx.fillStyle = token("--surface-3");
    ctx.fillRect(x.getPixelForValue(bar.index) - width / 2, area.top, width, area.height);
    ctx.restore();
  },
};

// A click opens what a bar stands for; on phones a tap writes it under the chart first.
function pick(canvas, data, words, event, chart) {
  const [bar] = chart.getElementsAtEventForMode(event, "index", { intersect: false }, true);
  if (!bar) return;
  const picked = document.getElementById(`${canvas.id}-picked`);
  if (NARROW.matches) picked.textContent = sentence(data, words, bar.index);
  if (!words.open || !sum(data.series, bar.index)) return;
  const [part] = chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, true);
  const address = words.open(bar.index, data.series[part?.datasetIndex]);
  if (!NARROW.matches) location.assign(address);
  else picked.append(" ", Object.assign(document.createElement("a"), { href: address, textContent: "Its runs" }));
}

const SWITCHED_OFF = new Map(); // by canvas id, the names of the series that are switched off

function draw(canvas, data, words) {
  Chart.getChart(canvas)?.destroy();
  hideTip(canvas);
  const off = SWITCHED_OFF.get(canvas.id) ?? new Set();
  const bars = data.series.map((one) => ({ ...dataset(one), hidden: off.has(one.name) }));
  if (data.toCome?.length) bars.push(toCome(data.toCome));
  new Chart(canvas, {
    type: "bar",
    data: { labels: data.labels, datasets: bars },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      onClick: (event, _, chart) => pick(canvas, data, words, event, chart),
      onHover: (_, elements, chart) => {
        const opens = words.open && elements.some(({ index }) => sum(data.series, index));
        chart.canvas.style.cursor = opens ? "pointer" : "";
      },
      plugins: { legend: { display: false }, tooltip: tooltip(data, words) },
      scales: scales(words),
    },
    plugins: [HOT, DASHES],
  });
}

// The legend's buttons switch series off and on.
function listen(id, data, redraw) {
  for (const button of document.querySelectorAll(`#${id}-legend [data-series]`)) {
    const { name } = data.series[button.dataset.series];
    const off = SWITCHED_OFF.get(id) ?? new Set();
    button.setAttribute("aria-pressed", String(!off.has(name)));
    button.onclick = () => {
      if (!off.delete(name)) off.add(name);
      SWITCHED_OFF.set(id, off);
      redraw();
    };
  }
}

// Stacked bars in the canvas with this id, where the page has one; drawn again when a part of the
// page was fetched again. The data is {labels, series: [{name, colour, values}]}; wording(data) says
// how it is read: {tick(index), title(index), value(number), axis(number, index, ticks)}, and what a
// bar opens: open(index, series). `toCome` has the forecast of days to come, drawn dashed.
export function stackedBars(id, wording) {
  const redraw = () => {
    const canvas = document.getElementById(id);
    if (!canvas) return;
    const data = JSON.parse(document.getElementById(`${id}-data`).textContent);
    draw(canvas, data, wording(data));
    listen(id, data, redraw);
  };
  redraw();
  NARROW.addEventListener("change", redraw);
  document.addEventListener("refreshed", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
