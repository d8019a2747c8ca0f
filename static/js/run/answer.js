// The Answer card while one step writes: its text as the server lays it out, followed to its end,
// with a way back to it.

const NEAR_END_PX = 120;
const HOLDS_TEXT = "p, li, ul, ol, blockquote, h3, h4, h5, h6";

// Replaces only what changed, so that what the reader selected or scrolled stays.
function patch(element, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html; // our own server's sanitised HTML
  const nodes = [...fresh.content.childNodes];
  nodes.forEach((node, at) => {
    const old = element.childNodes[at];
    if (!old) element.append(node);
    else if (!old.isEqualNode(node)) old.replaceWith(node);
  });
  while (element.childNodes.length > nodes.length) element.lastChild.remove();
}

function placeCaret(element) {
  let place = element;
  while (place.lastElementChild?.matches(HOLDS_TEXT)) place = place.lastElementChild;
  place.append(Object.assign(document.createElement("span"), { className: "caret" }));
}

export class AnswerText {
  #before = []; // what the card showed before there was text
  #html = "";

  // find: returns the element to write into, which refreshes may replace
  constructor(find, newest) {
    this.find = find;
    this.newest = newest;
    newest.addEventListener("click", () => this.#caret()?.scrollIntoView({ block: "end" }));
    addEventListener("scroll", () => this.#offerNewest(), { passive: true });
  }

  get shown() {
    return Boolean(this.#caret());
  }

  get passedBeginning() {
    return this.shown && this.find().getBoundingClientRect().top < 0;
  }

  // Shows the HTML, and keeps its end in view where the reader has it there.
  show(html) {
    const element = this.find();
    if (element && !(this.shown && html === this.#html)) {
      const near = this.#nearEnd();
      if (!this.shown) this.#before = [...element.childNodes];
      this.#caret()?.remove();
      patch(element, html);
      placeCaret(element);
      this.#html = html;
      if (near) this.#caret().scrollIntoView({ block: "nearest" });
    }
    this.#offerNewest();
  }

  clear() {
    if (this.shown) this.find().replaceChildren(...this.#before);
    this.newest.hidden = true;
  }

  #caret() {
    return this.find()?.querySelector(".caret");
  }

  #nearEnd() {
    const caret = this.#caret();
    if (!caret) return false;
    const { bottom } = caret.getBoundingClientRect();
    return bottom > 0 && bottom < innerHeight + NEAR_END_PX;
  }

  #offerNewest() {
    this.newest.hidden = !this.shown || this.#nearEnd();
  }
}
