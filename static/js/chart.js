// Charts of every page, by Chart.js. Colours and fonts are the theme's tokens: a chart is drawn
// again when the theme or the width changes. Nothing moves, so reduced motion asks for no more.
// `templates/_chart.html` has the canvas and its data, `_chart_table.html` the same as a table.

import "../vendor/chartjs/chart.umd.min.js";

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
    enabled: !NARROW.matches,
    filter: (item) => item.raw > 0,
    itemSort: (a, b) => a.datasetIndex - b.datasetIndex,
    ...tooltipLook(),
    callbacks: {
      title: ([item]) => (item ? words.title(item.dataIndex) : ""),
      label: (item) => ` ${item.dataset.label}  ${words.value(item.raw)}`,
      footer: ([item]) => (item ? `Total  ${words.value(sum(data.series, item.dataIndex))}` : ""),
    },
  };
}

function tooltipLook() {
  const text = token("--text");
  return {
    backgroundColor: token("--surface"),
    borderColor: token("--line-2"),
    borderWidth: 1,
    cornerRadius: 6,
    padding: 10,
    caretSize: 0,
    boxWidth: 8,
    boxHeight: 8,
    boxPadding: 4,
    multiKeyBackground: "transparent",
    titleColor: text,
    titleFont: font(12, 600),
    bodyColor: token("--text-2"),
    bodyFont: font(12),
    bodySpacing: 5,
    footerColor: text,
    footerFont: font(12, 600),
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

function draw(canvas, picked, data, words) {
  Chart.getChart(canvas)?.destroy();
  new Chart(canvas, {
    type: "bar",
    data: { labels: data.labels, datasets: data.series.map(dataset) },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      onClick: (_, elements) => {
        if (NARROW.matches && elements.length) picked.textContent = sentence(data, words, elements[0].index);
      },
      plugins: { legend: { display: false }, tooltip: tooltip(data, words) },
      scales: scales(words),
    },
  });
}

// Stacked bars in the canvas with this id, where the page has one; drawn again when a part of the
// page was fetched again. The data is {labels, series: [{name, colour, values}]}; wording(data) says
// how it is read: {tick(index), title(index), value(number), axis(number, index, ticks)}.
export function stackedBars(id, wording) {
  const redraw = () => {
    const canvas = document.getElementById(id);
    if (!canvas) return;
    const data = JSON.parse(document.getElementById(`${id}-data`).textContent);
    draw(canvas, document.getElementById(`${id}-picked`), data, wording(data));
  };
  redraw();
  NARROW.addEventListener("change", redraw);
  document.addEventListener("refreshed", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
