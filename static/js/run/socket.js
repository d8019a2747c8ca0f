// The run's WebSocket: goes on after the last seq, and drops duplicates.

import { LiveSocket } from "../live_socket.js";

export class RunSocket extends LiveSocket {
  // handlers: event(message), text(message), up(), down(), signedOut()
  constructor(runId, after, handlers) {
    super(() => `/ws/runs/${runId}/?html=1&after=${this.lastSeq}`, {
      ...handlers,
      message: (message) => this.#take(message),
    });
    this.lastSeq = after;
  }

  #take(message) {
    if (message.seq === undefined) {
      this.handlers.text(message);
    } else if (message.seq > this.lastSeq) {
      this.lastSeq = message.seq;
      this.handlers.event(message);
    }
  }
}
