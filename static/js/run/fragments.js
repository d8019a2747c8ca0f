// Replaces the parts of the page by the server's own partials, at most so often, losing nothing
// that the reader opened or focused.

import { isSignedOut } from "../signed_out.js";

const PAUSE_MS = 400;
const RETRY_MS = 3000;

function openKeys(part) {
  return new Set([...part.querySelectorAll("details[data-key]")].filter((d) => d.open).map((d) => d.dataset.key));
}

function knownKeys(part) {
  return new Set([...part.querySelectorAll("details[data-key]")].map((d) => d.dataset.key));
}

// How to find the focused element again: a link by its address, else the row it is in.
function focusPath(part) {
  const focused = document.activeElement;
  if (!part.contains(focused)) return null;
  if (focused.closest("form[data-cancel]")) return "form[data-cancel] button";
  if (focused.matches("a[href]")) return `a[href="${CSS.escape(focused.getAttribute("href"))}"]`;
  const details = focused.closest("details[data-key]");
  return details && `details[data-key="${CSS.escape(details.dataset.key)}"] > summary`;
}

export function replacePart(part, html) {
  const open = openKeys(part);
  const known = knownKeys(part);
  const focused = focusPath(part);
  part.innerHTML = html; // our own server's escaped and sanitised partial
  for (const details of part.querySelectorAll("details[data-key]")) {
    if (known.has(details.dataset.key)) details.open = open.has(details.dataset.key);
  }
  if (focused) {
    const place = part.querySelector(focused) ?? part.querySelector("[data-focus]");
    place?.focus({ preventScroll: true });
  }
  part.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
}

// The reader's money in the sidebar comes with what a page fetches anyway, so that both agree.
export function showPurse(fresh) {
  const purse = document.getElementById("purse");
  const html = fresh.querySelector("template[data-purse]")?.innerHTML;
  if (purse && html && purse.innerHTML !== html) replacePart(purse, html);
}

export class Fragments {
  #timer = null;
  #last = new Map();
  #loading = false;
  #again = false;
  #stopped = false;

  // keep(name, ended): true for a part that must not be replaced now; before(ended), loaded(state)
  constructor(root, { keep, before, loaded, signedOut }) {
    this.root = root;
    this.keep = keep;
    this.before = before;
    this.loaded = loaded;
    this.signedOut = signedOut;
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  refresh(pause = PAUSE_MS) {
    if (this.#stopped) return;
    if (this.#loading) this.#again = true;
    else this.#timer ??= setTimeout(() => this.#load(), pause);
  }

  async #load() {
    this.#timer = null;
    this.#loading = true;
    try {
      const response = await fetch(this.root.dataset.fragments, { headers: { Accept: "text/html" } });
      if (isSignedOut(response)) return this.signedOut();
      if (!response.ok || response.redirected) throw new Error(`status ${response.status}`);
      this.#apply(new DOMParser().parseFromString(await response.text(), "text/html"));
    } catch {
      this.#timer = setTimeout(() => this.#load(), RETRY_MS);
    } finally {
      this.#loading = false;
    }
    if (this.#again) {
      this.#again = false;
      this.refresh();
    }
  }

  #apply(fresh) {
    const state = fresh.getElementById("run").dataset;
    const ended = state.ended === "true";
    this.before(ended);
    for (const source of fresh.querySelectorAll("[data-part]")) {
      const name = source.dataset.part;
      const html = source.innerHTML;
      if (this.#last.get(name) === html || this.keep(name, ended)) continue;
      this.#last.set(name, html);
      replacePart(this.root.querySelector(`[data-part="${name}"]`), html);
    }
    showPurse(fresh);
    this.loaded({ ended, doing: state.doing, active: state.active, waiting: state.waiting, title: state.title });
  }
}
