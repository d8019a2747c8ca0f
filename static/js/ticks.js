// Ticked rows: they stay ticked when rows are replaced, and the bar says what can be done to them.

const BOX = "tbody .check input";

export class Ticks {
  #ticked = new Set();

  constructor(list) {
    this.list = list;
    this.form = document.getElementById("ticked");
    this.dialog = document.getElementById("cancel-ticked");
    list.addEventListener("change", (event) => this.#changed(event.target));
    list.addEventListener("click", (event) => this.#clicked(event));
    this.dialog.addEventListener("close", () => this.#sure(false));
    document.addEventListener("tick", (event) => this.#toggle(event.target));
    this.#read();
  }

  // After the rows were replaced: those that are still there are ticked again.
  restore() {
    for (const box of this.#boxes()) box.checked = this.#ticked.has(box.value);
    this.#read();
  }

  #boxes() {
    return [...this.list.querySelectorAll(BOX)];
  }

  #read() {
    this.#ticked = new Set(this.#checked().map((box) => box.value));
    this.#say();
  }

  #checked() {
    return this.#boxes().filter((box) => box.checked);
  }

  #open() {
    return this.#checked().filter((box) => "open" in box.dataset);
  }

  #changed(target) {
    if (target.matches("[data-tick-all]")) {
      for (const box of this.#boxes()) box.checked = target.checked;
    }
    this.#read();
  }

  #toggle(row) {
    const box = row.closest("tr")?.querySelector(BOX);
    if (box) box.click();
  }

  #clicked(event) {
    if (event.target.closest("[data-clear]")) {
      for (const box of this.#boxes()) box.checked = false;
      this.#read();
      this.list.querySelector(".task > a")?.focus();
    } else if (event.target.closest("button[value=cancel]") && this.#open().length > 1) {
      event.preventDefault();
      this.#sure(true);
      this.dialog.showModal();
    }
  }

  // Whether the form says that its number was seen.
  #sure(confirmed) {
    this.form.querySelector("[name=confirmed]")?.remove();
    if (!confirmed) return;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "confirmed", value: "true" });
    this.form.append(field);
  }

  #say() {
    const bar = this.list.querySelector(".bulk");
    if (!bar) return;
    const all = this.list.querySelector("[data-tick-all]");
    const [count, total, open] = [this.#ticked.size, this.#boxes().length, this.#open().length];
    all.checked = count === total;
    all.indeterminate = count > 0 && count < total;
    bar.querySelector("[data-ticked]").innerHTML = `<b class="num">${count}</b> ticked`;
    bar.querySelector("[data-ticked-cost]").textContent = `cost $${this.#cost().toFixed(4)}${open ? " so far" : ""}`;
    const cancel = bar.querySelector("button[value=cancel]");
    const words = `Cancel ${open} run${open === 1 ? "" : "s"}`;
    cancel.hidden = open === 0;
    cancel.querySelector("span").textContent = words;
    this.dialog.querySelector("h2").textContent = `${words}?`;
    this.dialog.querySelector("[data-sure]").textContent = words;
  }

  #cost() {
    return this.#checked().reduce((sum, box) => sum + Number(box.dataset.usd), 0);
  }
}
