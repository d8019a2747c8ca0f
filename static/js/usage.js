// Spend a day in the reader's time zone, stacked as the page says.

import { NARROW, stackedBars } from "./chart.js";

const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const longDay = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });

function usd(value) {
  if (value === 0) return "$0.00";
  return value < 0.00005 ? `$${value.toPrecision(2)}` : `$${value.toFixed(4)}`;
}

// All labels of the axis have the digits that its step needs.
function axisUsd(value, _, ticks) {
  const step = ticks.length > 1 ? ticks[1].value - ticks[0].value : value;
  const digits = step.toFixed(10).replace(/\.?0+$/, "").split(".")[1]?.length ?? 0;
  return `$${value.toFixed(digits && Math.max(2, digits))}`;
}

function dayLabel(days, index) {
  const number = Number(days[index].slice(8));
  // The first of a month takes the room of a first label that stands too close to it.
  const close = days.slice(1, NARROW.matches ? 5 : 2);
  if (index === 0 && days.length > 7 && close.some((day) => day.endsWith("-01"))) return "";
  if (index === 0 || number === 1) return shortDay.format(new Date(days[index]));
  // The 30th stands too close to the 1st, and what follows the first label to that.
  if (NARROW.matches && days.length > 7) return number % 10 === 0 && number < 30 && index > 3 ? String(number) : "";
  return number % 5 === 0 || days.length <= 7 ? String(number) : "";
}

function runsOf({ labels, runs }, index, series) {
  const query = new URLSearchParams({ from: labels[index], to: labels[index], ...(series?.filter ?? {}) });
  return `${runs}?${query}`;
}

stackedBars("chart", (data) => ({
  tick: (index) => dayLabel(data.labels, index),
  title: (index) => longDay.format(new Date(data.labels[index])),
  value: usd,
  axis: axisUsd,
  open: (index, series) => runsOf(data, index, series),
}));
