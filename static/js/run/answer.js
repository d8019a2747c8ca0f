// The Answer card while one step writes: the same text, followed to its end, with a way back to it.

const NEAR_END_PX = 120;

export class AnswerText {
  #before = []; // what the card showed before there was text

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

  show(text) {
    const element = this.find();
    if (element && !text.shownIn(element)) {
      if (!this.shown) this.#before = [...element.childNodes];
      text.showIn(element);
      element.classList.add("code-wrap");
    }
    this.#offerNewest();
  }

  // Takes text in, and keeps its end in view where the reader has it there.
  follow(receive) {
    const near = this.#nearEnd();
    receive();
    if (near) this.#caret()?.scrollIntoView({ block: "nearest" });
  }

  clear() {
    if (this.shown) {
      this.find().replaceChildren(...this.#before);
      this.find().classList.remove("code-wrap");
    }
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
