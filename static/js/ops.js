// Operations, kept as it is on the server; says how old the figures are when that fails.

import { Figures } from "./figures.js";
import { replacePart, showPurse } from "./run/fragments.js";

const TICK_MS = 1000;
const OLD_MS = 10_000; // the server says something every few seconds

const page = document.getElementById("ops");
const live = document.getElementById("ops-live");
const dot = document.getElementById("ops-dot");

const figures = new Figures("/ws/ops/", page.dataset.fragment, (html) => {
  replacePart(page, html);
  showPurse(page);
});

function say() {
  const age = Date.now() - figures.updatedAt;
  const words = age < OLD_MS ? "Live" : `Updated ${Math.round(age / 1000)} s ago`;
  if (live.textContent !== words) live.textContent = words;
  dot.hidden = age >= OLD_MS;
}

setInterval(say, TICK_MS);
