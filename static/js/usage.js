// Spend a day as stacked bars. Colours come from the theme's tokens; drawn again when it changes.

const NARROW = matchMedia("(max-width: 640px)");

const canvas = document.getElementById("chart");
const picked = document.getElementById("chart-picked");
const source = document.getElementById("chart-data");

const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const longDay = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function usd(value) {
  if (value === 0) return "$0.00";
  return value < 0.00005 ? `$${value.toPrecision(2)}` : `$${value.toFixed(4)}`;
}

function axisUsd(value) {
  return value === 0 ? "$0" : `$${Number(value.toPrecision(3))}`;
}

function dayLabel(days, index) {
  const number = Number(days[index].slice(8));
  if (index === 0 || number === 1) return shortDay.format(new Date(days[index]));
  // The 30th stands too close to the 1st, and what follows the first label to that.
  if (NARROW.matches && days.length > 7) return number % 10 === 0 && number < 30 && index > 3 ? String(number) : "";
  return number % 5 === 0 || days.length <= 7 ? String(number) : "";
}

function total(series, index) {
  return series.reduce((sum, { values }) => sum + values[index], 0);
}

function pick(data, index) {
  const parts = data.series.map(({ name, values }) => [name, values[index]]).filter(([, value]) => value > 0);
  const words = parts.map(([name, value]) => `${name} ${usd(value)}`).join(" · ");
  picked.textContent = `${longDay.format(new Date(data.days[index]))}: ${usd(total(data.series, index))}${words ? ` (${words})` : ""}`;
}

function options(data) {
  const text = token("--c-text");
  const font = { family: token("--font"), size: 11 };
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    onClick: (_, elements) => {
      if (NARROW.matches && elements.length) pick(data, elements[0].index);
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        enabled: !NARROW.matches,
        filter: (item) => item.raw > 0,
        itemSort: (a, b) => a.datasetIndex - b.datasetIndex,
        callbacks: {
          title: ([item]) => (item ? longDay.format(new Date(data.days[item.dataIndex])) : ""),
          label: (item) => ` ${item.dataset.label}  ${usd(item.raw)}`,
          footer: ([item]) => (item ? `Total  ${usd(total(data.series, item.dataIndex))}` : ""),
        },
      },
    },
    scales: {
      x: {
        stacked: true,
        grid: { display: false },
        border: { color: token("--c-grid") },
        ticks: { color: text, font, maxRotation: 0, autoSkip: false, callback: (_, index) => dayLabel(data.days, index) },
      },
      y: {
        stacked: true,
        beginAtZero: true,
        border: { display: false },
        grid: { color: token("--c-grid") },
        ticks: { color: text, font, maxTicksLimit: 5, callback: axisUsd },
      },
    },
  };
}

function draw(data) {
  Chart.getChart(canvas)?.destroy();
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: data.days,
      datasets: data.series.map(({ name, colour, values }) => ({
        label: name,
        data: values,
        backgroundColor: token(`--c-${colour}`),
        borderColor: "transparent",
        borderWidth: { top: 1 },
        maxBarThickness: 32,
      })),
    },
    options: options(data),
  });
}

if (canvas) {
  const data = JSON.parse(source.textContent);
  const redraw = () => draw(data);
  redraw();
  NARROW.addEventListener("change", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
