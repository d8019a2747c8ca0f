// Every step that is being written, each in its own card. What is written alone is also shown in
// the Answer card.

import { AnswerText } from "./answer.js";
import { LiveText } from "./text.js";

function nameOf({ key, attempt }) {
  return `${key}#${attempt}`;
}

export class LiveTexts {
  #writing = new Map(); // step → LiveText
  #ended = new Set();
  #inCard = new Set(); // steps whose card is or was there
  #opened = new Set(); // steps whose card was opened here, not by the reader

  // written(tokens): about how many tokens the calls in flight have written
  constructor(root, newest, written) {
    this.root = root;
    this.written = written;
    this.answer = new AnswerText(() => root.querySelector("#answer-text[aria-busy]"), newest);
  }

  receive(message) {
    const step = nameOf(message);
    if (this.#ended.has(step)) return;
    if (!this.#writing.has(step)) this.#writing.set(step, new LiveText());
    const text = this.#writing.get(step);
    if (message.type === "text.html") Object.assign(text, { html: message.html, tokens: message.tokens });
    else text.receive(message);
    this.attach();
  }

  // The event of a step's end comes after its last piece of text.
  end(data) {
    this.#end(nameOf(data));
  }

  // After each refresh, too: the places to write into may only be there now.
  attach() {
    for (const step of this.#writing.keys()) {
      if (this.#inCard.has(step) && !this.#place(step)) this.#end(step); // its worker was lost
    }
    const alone = this.#placesLeft() < 2 && this.#writing.size < 2;
    for (const [step, text] of this.#writing) {
      if (text.begun) this.#showInCard(step, text, !alone);
    }
    const [only] = this.#writing;
    if (!alone) this.answer.clear();
    else if (only && this.#mayAnswer(...only)) this.answer.show(only[1].html);
    this.written([...this.#writing.values()].reduce((sum, { tokens }) => sum + tokens, 0));
  }

  // A thought that leads to a tool call is short: what may be one waits until it is longer.
  #mayAnswer(step, { html, length }) {
    const place = this.#place(step);
    if (!html || !place) return false;
    return this.answer.shown || length >= Number(place.dataset.answerAfter ?? Infinity);
  }

  clear() {
    this.#writing.clear();
    this.answer.clear();
  }

  #end(step) {
    this.#ended.add(step);
    this.#writing.delete(step);
    this.written(0);
    if (this.#opened.delete(step)) this.#place(step)?.closest("details").removeAttribute("open");
  }

  // Steps that write at once are read in their cards: each is opened, once.
  #showInCard(step, text, open) {
    const place = this.#place(step);
    if (!place) return;
    this.#inCard.add(step);
    text.showIn(place);
    const card = place.closest("details");
    if (!open || card.open || this.#opened.has(step)) return;
    this.#opened.add(step);
    card.open = true;
  }

  #place(step) {
    return this.root.querySelector(`[data-live-text="${CSS.escape(step)}"]`);
  }

  #placesLeft() {
    const places = [...this.root.querySelectorAll("[data-live-text]")];
    return places.filter((place) => !this.#ended.has(place.dataset.liveText)).length;
  }
}
