// Operations, kept as it is on the server: what happens now within seconds, sums and users now and
// then. Says how old the figures are while there is no connection.

import { Figures, showParts } from "./figures.js";

const TICK_MS = 1000;
const SUMS_MS = 15_000;

const page = document.getElementById("ops");
const live = document.getElementById("ops-live");
const dot = document.getElementById("ops-dot");
let summedAt = Date.now();

const figures = new Figures("/ws/ops/", page.dataset.fragment, (html) => {
  showParts(html);
  if (Date.now() - summedAt >= SUMS_MS) refreshSums();
});

async function refreshSums() {
  summedAt = Date.now();
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.ok && !response.redirected) showParts(await response.text());
  } catch {
    // Offline: the sums stay as they are, and the next turn tries again.
  }
}

function say() {
  const seconds = Math.round((Date.now() - figures.updatedAt) / 1000);
  const words = figures.connected ? "Live" : `Updated ${seconds} s ago`;
  if (live.textContent !== words) live.textContent = words;
  dot.hidden = !figures.connected;
}

setInterval(say, TICK_MS);
