// A WebSocket of this site: reconnects with growing pauses, and takes too long a silence for an end.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const SILENCE_MS = 15_000; // the server pings every 5 s
const NOT_SIGNED_IN = 4401;
const FINAL_CODES = new Set([4401, 4403, 4404, 4410]);

export class LiveSocket {
  #socket = null;
  #pause = FIRST_PAUSE_MS;
  #silence = null;
  #stopped = false;

  // path(): where to connect to; handlers: message(content), up(), down(), signedOut()
  constructor(path, handlers) {
    this.path = path;
    this.handlers = handlers;
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.#socket = new WebSocket(`${scheme}://${location.host}${this.path()}`);
    this.#socket.addEventListener("open", () => this.#opened());
    this.#socket.addEventListener("message", (event) => this.#received(JSON.parse(event.data)));
    this.#socket.addEventListener("close", (event) => this.#closed(event.code));
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#silence);
    this.#socket?.close();
  }

  #opened() {
    this.#listen();
    this.handlers.up();
  }

  #received(message) {
    this.#pause = FIRST_PAUSE_MS;
    this.#listen();
    if (message.type !== "ping") this.handlers.message(message);
  }

  #closed(code) {
    clearTimeout(this.#silence);
    if (code === NOT_SIGNED_IN && !this.#stopped) this.handlers.signedOut();
    if (this.#stopped || FINAL_CODES.has(code)) return;
    this.handlers.down();
    setTimeout(() => this.open(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }

  // A dead connection may never say so: too long a silence counts as closed.
  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#socket.close(), SILENCE_MS);
  }
}
