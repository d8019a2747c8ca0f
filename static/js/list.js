// The run list: filters apply when they change, rows move to new states in place, new runs wait.

import { Figures } from "./figures.js";
import { replacePart, showPurse } from "./run/fragments.js";
import { Ticks } from "./ticks.js";

const POLL_MS = 3000;
const FAILURES = 2; // one may be a hiccup

const list = document.getElementById("list");
const filters = document.getElementById("filters");
const error = document.getElementById("list-error");

// ---- filters ----

function showLoading() {
  list.replaceChildren(document.getElementById("loading").content.cloneNode(true));
}

if (filters) {
  filters.querySelector("[data-apply]").hidden = true;
  filters.addEventListener("change", (event) => {
    if (event.target.matches("select")) filters.requestSubmit();
  });
  filters.addEventListener("submit", () => {
    // Days that aren't chosen, and empty fields, only lengthen the address.
    for (const field of filters.elements) field.disabled ||= field.name !== "" && field.value === "";
    showLoading();
  });
  // Back comes to the page as it was left.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

// ---- rows ----

const state = () => list.querySelector("[data-active]")?.dataset ?? {};
const ticks = new Ticks(list);
// Rows stay in their places: runs newer than this one are only counted.
const newest = state().newest;

function address() {
  const query = new URLSearchParams(location.search);
  if (newest) query.set("upto", newest);
  return `${list.dataset.fragment}?${query}`;
}

function show(html) {
  error.hidden = true;
  failures = 0;
  if (list.querySelector("[aria-busy=true]")) return;
  replacePart(list, html);
  ticks.restore();
  showPurse(list);
}

let failures = 0;

function failed(response) {
  failures += 1;
  if (failures < FAILURES) return;
  const reference = response.headers.get("X-Request-ID");
  error.querySelector("[data-why]").textContent = `Error ${response.status}${reference ? `, reference ${reference}` : ""}.`;
  error.hidden = false;
}

const figures = new Figures("/ws/usage/", address(), show);
figures.failed = failed;

setInterval(() => {
  if (state().active === "true" || !error.hidden) figures.refresh();
}, POLL_MS);
