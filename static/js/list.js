// The run list: filters apply when they change, rows of active runs move to new states in place.

import { replacePart, showPurse } from "./run/fragments.js";
import { isSignedOut } from "./signed_out.js";

const POLL_MS = 3000;

const list = document.getElementById("list");
const filters = document.getElementById("filters");

if (filters) {
  filters.querySelector("[data-apply]").hidden = true;
  filters.addEventListener("change", (event) => {
    if (event.target.matches("select")) filters.requestSubmit();
  });
}

function isActive() {
  return list.querySelector("[data-active=true]") !== null;
}

async function refresh() {
  try {
    const response = await fetch(list.dataset.fragment + location.search, { headers: { Accept: "text/html" } });
    document.getElementById("signed-out").hidden = !isSignedOut(response);
    if (response.ok && !response.redirected) {
      replacePart(list, await response.text());
      showPurse(list);
    }
  } catch {
    // Offline: the rows stay as they are, and the next turn tries again.
  }
}

setInterval(() => {
  if (isActive() && !document.hidden) refresh();
}, POLL_MS);
