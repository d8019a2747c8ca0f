// The text of the step that is being written. It comes from a model: only textContent, never HTML.

const NEAR_END_PX = 120;

export class LiveText {
  #step = "";
  #points = []; // the server counts code points, JavaScript's strings UTF-16 units
  #node = document.createTextNode("");
  #caret = Object.assign(document.createElement("span"), { className: "caret" });

  // find: returns the element to write into, which refreshes may replace
  constructor(find, newest) {
    this.find = find;
    this.newest = newest;
    newest.addEventListener("click", () => this.#caret.scrollIntoView({ block: "end" }));
    addEventListener("scroll", () => this.#offerNewest(), { passive: true });
  }

  get shown() {
    return this.#node.isConnected;
  }

  // After a refresh: the place to write into may only be there now.
  attach() {
    if (this.#points.length && !this.shown) this.#show();
  }

  receive(message) {
    const step = `${message.key}#${message.attempt}`;
    if (step !== this.#step) this.#begin(step);
    const offset = message.type === "text.snapshot" ? 0 : message.offset;
    if (offset > this.#points.length) return; // a hole: the server sends a snapshot for it
    this.#points.length = offset;
    for (const point of message.text) this.#points.push(point);
    this.#show();
  }

  clear() {
    this.#begin("");
    this.#caret.remove();
    this.#node.remove();
    this.newest.hidden = true;
  }

  #begin(step) {
    this.#step = step;
    this.#points = [];
  }

  #show() {
    const element = this.find();
    if (!element) return;
    const follow = this.#nearEnd();
    if (this.#node.parentNode !== element) element.replaceChildren(this.#node, this.#caret);
    element.classList.add("code-wrap");
    this.#node.data = this.#points.join("");
    if (follow) this.#caret.scrollIntoView({ block: "nearest" });
    this.#offerNewest();
  }

  #nearEnd() {
    if (!this.#caret.isConnected) return false;
    const { bottom } = this.#caret.getBoundingClientRect();
    return bottom > 0 && bottom < innerHeight + NEAR_END_PX;
  }

  #offerNewest() {
    this.newest.hidden = !this.#caret.isConnected || this.#nearEnd();
  }
}
