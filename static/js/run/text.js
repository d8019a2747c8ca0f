// The text of one step while it is written, in as many places as show it. It comes from a model:
// only textContent here; `html` is what the server made of it and sanitised.

const NEAR_END_PX = 40;

export class LiveText {
  #points = []; // the server counts code points, JavaScript's strings UTF-16 units
  #places = new Map(); // element → its text node and caret

  html = "";
  tokens = 0; // about how many

  get length() {
    return this.#points.length;
  }

  get begun() {
    return this.#points.length > 0;
  }

  shownIn(element) {
    return this.#places.get(element)?.node.parentNode === element;
  }

  // Text that goes on where the known text ends, or a snapshot of all of it.
  receive(message) {
    const offset = message.type === "text.snapshot" ? 0 : message.offset;
    if (offset > this.#points.length) return; // a hole: the server sends a snapshot for it
    this.#points.length = offset;
    for (const point of message.text) this.#points.push(point);
    const text = this.#points.join("");
    for (const [element, { node }] of this.#places) {
      const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
      node.data = text;
      if (atEnd) element.scrollTop = element.scrollHeight;
    }
  }

  // Shows the text here too; refreshes replace elements, so that this is asked again after each.
  showIn(element) {
    for (const known of this.#places.keys()) if (!known.isConnected) this.#places.delete(known);
    if (this.shownIn(element)) return;
    const node = document.createTextNode(this.#points.join(""));
    const caret = Object.assign(document.createElement("span"), { className: "caret" });
    this.#places.set(element, { node, caret });
    element.replaceChildren(node, caret);
    element.scrollTop = element.scrollHeight;
  }
}
