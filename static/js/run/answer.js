// The Answer card while one step writes: its text as the server lays it out, followed to its end,
// with a way back to it.

const NEAR_END_PX = 120;
const HOLDS_TEXT = "p, li, ul, ol, blockquote, h3, h4, h5, h6";

// The HTML of our own server is sanitised.
function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function onlyInsideDiffers(old, fresh) {
  return old.nodeType === Node.ELEMENT_NODE && old.cloneNode().isEqualNode(fresh.cloneNode());
}

// Replaces only what changed since the last time, so that what the reader selected, scrolled or
// pressed stays. The last HTML is compared, not the page, where a pressed button looks different.
function patch(element, before, after) {
  const shown = [...element.childNodes];
  after.childNodes.forEach((fresh, at) => {
    const old = before.childNodes[at];
    if (!old) element.append(fresh.cloneNode(true));
    else if (old.isEqualNode(fresh)) return;
    else if (onlyInsideDiffers(old, fresh)) patch(shown[at], old, fresh);
    else shown[at].replaceWith(fresh.cloneNode(true));
  });
  for (const rest of shown.slice(after.childNodes.length)) rest.remove();
}

function placeCaret(element) {
  let place = element;
  while (place.lastElementChild?.matches(HOLDS_TEXT)) place = place.lastElementChild;
  place.append(Object.assign(document.createElement("span"), { className: "caret" }));
}

export class AnswerText {
  #before = []; // what the card showed before there was text
  #html = "";
  #laidOut = null; // the same, parsed

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
      if (!this.shown) this.#begin(element);
      this.#caret()?.remove();
      const fresh = parsed(html);
      patch(element, this.#laidOut, fresh);
      placeCaret(element);
      this.#html = html;
      this.#laidOut = fresh;
      if (near) this.#caret().scrollIntoView({ block: "nearest" });
    }
    this.#offerNewest();
  }

  clear() {
    if (this.shown) this.find().replaceChildren(...this.#before);
    this.newest.hidden = true;
  }

  #begin(element) {
    this.#before = [...element.childNodes];
    this.#laidOut = parsed("");
    element.replaceChildren();
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
