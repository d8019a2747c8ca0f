"""A lean OpenAI-compatible endpoint: `python -m bench.provider --port 9000`.

It streams prebuilt chunks on one shared timer wheel, so that it costs little beside the client.
The base URL says what an answer is: `/200/20/v1` gives 200 chunks at 20 a second.
"""

import argparse
import asyncio
import json
import resource
from collections import defaultdict
from functools import cache
from typing import NamedTuple, cast

import uvloop

TICK_S = 0.005
WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "runs")
EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
FRAME = {
    "id": "chatcmpl-BenchBenchBenchBenchBenchBe",
    "object": "chat.completion.chunk",
    "created": 1_790_000_000,
    "model": "gpt-4.1-mini-2025-04-14",
    "service_tier": "default",
    "system_fingerprint": "fp_0123456789",
}


class Script(NamedTuple):
    """One kind of answer: its chunks with their HTTP framing, and the ticks between two."""

    chunks: tuple[bytes, ...]
    end: bytes
    interval_ticks: int


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _event(choices: list[dict[str, object]], usage: dict[str, int] | None = None) -> bytes:
    chunk = FRAME | {"choices": choices, "usage": usage}
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


def _choice(delta: dict[str, str], finish_reason: str | None = None) -> dict[str, object]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


@cache
def script(count: int, rate: int) -> Script:
    """An answer of so many content chunks at so many a second, and its usage."""
    words = [f" {WORDS[n % len(WORDS)]}" for n in range(count)]
    usage = {"prompt_tokens": 300, "completion_tokens": count, "total_tokens": 300 + count}
    end = _event([_choice({}, "stop")]) + _event([], usage) + b"data: [DONE]\n\n"
    return Script(
        chunks=tuple(_framed(_event([_choice({"content": word})])) for word in words),
        end=_framed(end) + b"0\r\n\r\n",
        interval_ticks=max(round(1 / rate / TICK_S), 1),
    )


class Wheel:
    """One timer for all streams. It never drifts: a late turn sends all that is due by then."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: defaultdict[int, list[Stream]] = defaultdict(list)
        self._began_s = loop.time()
        self._turned = 0
        self.latest_s = 0.0

    def add(self, stream: "Stream") -> None:
        """Send the stream's next chunk in one interval from now."""
        now = int((self._loop.time() - self._began_s) / TICK_S)
        self._due[now + stream.script.interval_ticks].append(stream)

    def turn(self) -> None:
        """Send what is due, and come back at the next tick."""
        elapsed_s = self._loop.time() - self._began_s
        now = int(elapsed_s / TICK_S)
        if self._turned:
            self.latest_s = max(self.latest_s, elapsed_s - (self._turned + 1) * TICK_S)
        for tick in range(self._turned + 1, now + 1):
            for stream in self._due.pop(tick, ()):
                if stream.send():
                    self._due[tick + stream.script.interval_ticks].append(stream)
        self._turned = now
        self._loop.call_at(self._began_s + (now + 1) * TICK_S, self.turn)


class Stream:
    """One answer on its way out."""

    def __init__(self, transport: asyncio.Transport, script: Script) -> None:
        self.script = script
        self._transport = transport
        self._sent = 0
        transport.write(EVENTS)

    def send(self) -> bool:
        """Send the next chunk; False after the last one, with which the usage goes out."""
        chunks = self.script.chunks
        if self._transport.is_closing():
            return False
        chunk = chunks[self._sent]
        self._sent += 1
        if self._sent < len(chunks):
            self._transport.write(chunk)
            return True
        self._transport.write(chunk + self.script.end)
        return False


class Connection(asyncio.Protocol):
    """One client connection, kept alive. Requests are not read beyond their path and length."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods of asyncio's without being of its classes.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found or len(body) < _content_length(head):
            return
        self._data = body[_content_length(head) :]
        self._answer(head.split(b" ", 2)[1].decode())

    def _answer(self, path: str) -> None:
        if path == "/stats":
            self._transport.write(_json(self._stats()))
            return
        _, count, rate, *_ = path.split("/")
        self._wheel.add(Stream(self._transport, script(int(count), int(rate))))

    def _stats(self) -> dict[str, float]:
        """CPU used so far, and the longest delay since the last time this was asked for."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        latest_s, self._wheel.latest_s = self._wheel.latest_s, 0.0
        return {"cpu_s": used.ru_utime + used.ru_stime, "latest_s": latest_s}


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def _json(value: object) -> bytes:
    body = json.dumps(value).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    wheel = Wheel(loop)
    server = await loop.create_server(lambda: Connection(wheel), "127.0.0.1", port, backlog=4096)
    wheel.turn()
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
