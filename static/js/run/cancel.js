// Cancelling: sent once there is a connection, or said to have failed; never silently dropped.

import { isSignedOut } from "../signed_out.js";

const RETRY_MS = 2000;
const FIND = "form[data-cancel]";

export class Cancel {
  #asked = false;
  #timer = null;

  // handlers: sent(), signedOut()
  constructor(root, note, handlers) {
    this.root = root;
    this.note = note;
    this.handlers = handlers;
    root.addEventListener("submit", (event) => {
      if (!event.target.matches(FIND)) return;
      event.preventDefault();
      if (this.#button().getAttribute("aria-disabled") === "true") return;
      this.#asked = true;
      this.retry();
    });
  }

  // Now, when it was asked for: the connection may be back.
  retry() {
    clearTimeout(this.#timer);
    if (this.#asked) this.#send();
  }

  // A refresh may have put the button back, or taken it away with the run's end.
  show() {
    const button = this.#button();
    if (!button) this.#done("");
    else if (this.#asked) this.#label(button, true);
  }

  async #send() {
    const form = this.root.querySelector(FIND);
    if (!form) return this.#done("");
    this.#label(this.#button(), true);
    let response;
    try {
      response = await fetch(form.action, { method: "POST", body: new FormData(form) });
    } catch {
      this.#say("Cancel isn’t sent yet: there is no connection. It is sent when it is back.");
      this.#timer = setTimeout(() => this.retry(), RETRY_MS);
      return;
    }
    this.#answered(response);
  }

  #answered(response) {
    if (isSignedOut(response)) {
      this.#failed("Cancel wasn’t sent: you are signed out.");
      this.handlers.signedOut();
    } else if (response.ok) {
      this.#done("");
      this.handlers.sent();
    } else {
      this.#failed("Cancel failed. Try it again.");
    }
  }

  #failed(words) {
    this.#done(words);
    const button = this.#button();
    if (button) this.#label(button, false);
  }

  #done(words) {
    this.#asked = false;
    this.#say(words);
  }

  #say(words) {
    this.note.hidden = !words;
    this.note.querySelector("[data-words]").textContent = words;
  }

  #button() {
    return this.root.querySelector(`${FIND} button`);
  }

  // Not `disabled`: the focus stays on the button.
  #label(button, asked) {
    button.setAttribute("aria-disabled", String(asked));
    button.querySelector("[data-label]").textContent = asked ? "Cancelling…" : "Cancel";
  }
}
