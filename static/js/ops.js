// Operations: fetched again every few seconds; says how old the figures are when that fails.

import { replacePart, showPurse } from "./run/fragments.js";

const POLL_MS = 3000;

const page = document.getElementById("ops");
const live = document.getElementById("ops-live");
const dot = document.getElementById("ops-dot");
let updatedAt = Date.now();

function say() {
  const seconds = Math.round((Date.now() - updatedAt) / 1000);
  const fresh = seconds < 2 * (POLL_MS / 1000);
  const words = fresh ? "Live" : `Updated ${seconds} s ago`;
  if (live.textContent !== words) live.textContent = words;
  dot.hidden = !fresh;
}

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(page.dataset.fragment, { headers: { Accept: "text/html" } });
    if (response.ok && !response.redirected) {
      replacePart(page, await response.text());
      showPurse(page);
      updatedAt = Date.now();
    }
  } catch {
    // Offline: the line above the figures says how old they are.
  }
  say();
}

setInterval(refresh, POLL_MS);
