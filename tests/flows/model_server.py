"""A provider over HTTP whose models answer with the bytes that a test wants."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# The parts of an answer to a request with this output cap.
Way = Callable[[int], Iterable[bytes]]
DONE = b"data: [DONE]\n\n"


def chunk(model: str, **more: Any) -> bytes:
    """One event of a stream."""
    body = {"id": "c", "object": "chat.completion.chunk", "model": model, "choices": [], **more}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def delta(model: str, finish: Any = None, **more: Any) -> bytes:
    """One event that brings a piece of the answer."""
    return chunk(model, choices=[{"index": 0, "delta": more, "finish_reason": finish}])


def usage(prompt: int, output: int) -> dict[str, Any]:
    """What the provider counted."""
    total = prompt + output
    return {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": total}


class ModelServer:
    """Listens on a free port, and keeps which models were asked."""

    def __init__(self, ways: Mapping[str, Way]) -> None:
        provider = self
        self.requests: list[str] = []
        self.keys: set[str | None] = set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                provider.requests.append(body["model"])
                provider.keys.add(self.headers["authorization"])
                cap = body.get("max_completion_tokens") or body["max_tokens"]
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                try:
                    for part in ways[body["model"]](cap):
                        self.wfile.write(part)
                        self.wfile.flush()
                except OSError:
                    return

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
