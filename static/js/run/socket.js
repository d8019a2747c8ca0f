// The run's WebSocket: reconnects with growing pauses, goes on after the last seq, drops duplicates.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const SILENCE_MS = 15_000; // the server pings every 5 s
const NOT_SIGNED_IN = 4401;
const FINAL_CODES = new Set([4401, 4403, 4404]);

export class RunSocket {
  #socket = null;
  #pause = FIRST_PAUSE_MS;
  #silence = null;
  #stopped = false;

  // handlers: event(message), text(message), up(), down(), signedOut()
  constructor(runId, after, handlers) {
    this.runId = runId;
    this.lastSeq = after;
    this.handlers = handlers;
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const url = `${scheme}://${location.host}/ws/runs/${this.runId}/?html=1&after=${this.lastSeq}`;
    this.#socket = new WebSocket(url);
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
    if (message.seq === undefined) {
      if (message.type !== "ping") this.handlers.text(message);
    } else if (message.seq > this.lastSeq) {
      this.lastSeq = message.seq;
      this.handlers.event(message);
    }
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
