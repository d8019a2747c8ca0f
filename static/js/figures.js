// Live figures: a WebSocket says that they have changed, and the page fetches its own again, at
// most so often. While there is no connection it asks by itself.

import { LiveSocket } from "./live_socket.js";
import { replacePart } from "./run/fragments.js";
import { isSignedOut } from "./signed_out.js";

const PAUSE_MS = 2000;
const POLL_MS = 5000;

export class Figures {
  #due = false;
  #loading = false;
  #earliest = 0;
  #timer = null;
  #poll = null;

  // What is told of an answer that is an error.
  failed = () => {};

  // show(html) takes the answer of `url`.
  constructor(path, url, show) {
    this.url = url;
    this.show = show;
    this.updatedAt = Date.now();
    this.connected = false;
    this.socket = new LiveSocket(() => path, {
      message: () => this.refresh(),
      up: () => this.#up(),
      down: () => this.#down(),
      signedOut: () => this.#signedOut(),
    });
    document.addEventListener("visibilitychange", () => this.#load());
    this.socket.open();
    this.#down();
  }

  refresh() {
    this.#due = true;
    this.#timer ??= setTimeout(() => this.#load(), Math.max(0, this.#earliest - Date.now()));
  }

  #up() {
    this.connected = true;
    clearInterval(this.#poll);
    this.#poll = null;
  }

  #down() {
    this.connected = false;
    this.#poll ??= setInterval(() => this.refresh(), POLL_MS);
  }

  #signedOut() {
    this.socket.stop();
    clearInterval(this.#poll);
    document.getElementById("signed-out")?.removeAttribute("hidden");
  }

  async #load() {
    if (document.hidden || !this.#due || this.#loading) return;
    this.#due = false;
    this.#loading = true;
    try {
      const response = await fetch(this.url, { headers: { Accept: "text/html" } });
      if (isSignedOut(response)) this.#signedOut();
      else if (response.ok && !response.redirected) {
        this.show(await response.text());
        this.updatedAt = Date.now();
      } else this.failed(response);
    } catch {
      // Offline: the figures stay as they are, and the next turn tries again.
    }
    this.#loading = false;
    this.#timer = null;
    this.#earliest = Date.now() + PAUSE_MS;
    if (this.#due) this.refresh();
  }
}

// The page's live parts as the server made them, before any script changed them.
const shown = new Map(parts(document).map((part) => [part.dataset.figures, part.innerHTML]));

function parts(root) {
  return [...root.querySelectorAll("[data-figures]")];
}

// Replaces the live parts of this page by what the server shows there now.
export function showParts(html) {
  for (const fresh of parts(new DOMParser().parseFromString(html, "text/html"))) {
    const name = fresh.dataset.figures;
    const part = document.querySelector(`[data-figures="${name}"]`);
    if (!part || shown.get(name) === fresh.innerHTML) continue;
    shown.set(name, fresh.innerHTML);
    replacePart(part, fresh.innerHTML);
  }
}
