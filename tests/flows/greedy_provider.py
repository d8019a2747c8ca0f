"""A provider over HTTP that costs more than was asked for, as the name of its model says."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = "and so on and so forth "


def _chunk(model: str, **more: Any) -> bytes:
    body = {"id": "c", "object": "chat.completion.chunk", "model": model, "choices": [], **more}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def _text(model: str, words: str, finish: str | None = None) -> bytes:
    return _chunk(
        model, choices=[{"index": 0, "delta": {"content": words}, "finish_reason": finish}]
    )


def _usage(prompt: int, output: int, **more: Any) -> dict[str, Any]:
    total = prompt + output
    return {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": total, **more}


def _endless(cap: int) -> Iterator[bytes]:
    """Words without end, whatever the cap says."""
    while True:
        yield _text("endless", WORDS * 20)
        time.sleep(0.01)


def _dearer(cap: int) -> Iterator[bytes]:
    """Another model answers, and uses its whole cap."""
    yield _text("dear", "The answer is 42.", "stop")
    yield _chunk("dear", usage=_usage(100, cap))
    yield b"data: [DONE]\n\n"


def _refusing(cap: int) -> Iterator[bytes]:
    """Refuses inside the stream, each time."""
    yield _chunk("refusing", error={"code": "server_error", "message": "overloaded"})


def _modest(cap: int) -> Iterator[bytes]:
    """Says fewer tokens in its parts than in its total."""
    yield _text("modest", "The answer is 42.", "stop")
    yield _chunk("modest", usage=_usage(100, 20) | {"total_tokens": 160})
    yield b"data: [DONE]\n\n"


WAYS = {"endless": _endless, "cheap": _dearer, "refusing": _refusing, "modest": _modest}


class GreedyProvider:
    """Listens on a free port and counts the requests of each model."""

    def __init__(self) -> None:
        provider = self
        self.requests: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                provider.requests.append(body["model"])
                cap = body.get("max_completion_tokens") or body["max_tokens"]
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                try:
                    for part in WAYS[body["model"]](cap):
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
