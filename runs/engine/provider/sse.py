"""Server-Sent Events as the WHATWG specifies them: bytes in, the events' data out.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from collections.abc import Iterator
from typing import Any

from runs.engine.provider.json_text import NotJson, parse, parse_all

DATA = b"data:"
ERROR_EVENT = b"event:"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DONE = b"[DONE]"
FIELDS = (DATA, b"data", b"event:", b"id:", b"retry:", b":", BYTE_ORDER_MARK)
# A body that isn't made of events: one JSON value, or one a line.
JSON_STARTS = (b"{", b"[")
# Some endpoints send a whole answer in one line. 128,000 tokens, with all letters escaped, fit.
MAX_LINE_BYTES = 8 * 2**20


class BrokenStream(Exception):
    """The bytes are not events of JSON; the text says what is wrong."""


class EventReader:
    """Gathers events. `done` says that the last one came; `unfinished` is what no line end closed.

    Data that is whole JSON is an event of its own at once, although only a blank line ends one:
    some endpoints send none. Other data is joined with the lines that follow, up to the blank one.
    """

    def __init__(self) -> None:
        self.done = False
        self.unfinished = bytearray()
        self._begun = False
        self._after_return = False
        self._part = b""
        self._in_error = False
        self._bare: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Any]:
        """The events that these bytes complete. Raises `BrokenStream`, after what came before."""
        data = self._begin(self._with_line_feeds(data))
        if b"\n" not in data:
            self.unfinished += data
            if len(self.unfinished) > MAX_LINE_BYTES:
                raise BrokenStream(
                    f"The stream held a line of more than {MAX_LINE_BYTES >> 20} MiB."
                )
            return iter(())
        *lines, rest = b"".join((self.unfinished, data)).split(b"\n")
        self.unfinished = bytearray(rest)
        return self._fast(lines) or self._careful(lines)

    def end(self) -> Iterator[Any]:
        """What the last bytes held that no line end closed."""
        rest, self.unfinished = bytes(self.unfinished), bytearray()
        yield from self._careful([rest, b""])
        if self._bare:
            yield from _whole(b"\n".join(self._bare))
            self._bare = []

    def _with_line_feeds(self, data: bytes) -> bytes:
        """Every kind of line end as one byte; CR and LF of one end may come in two reads."""
        if self._after_return and data.startswith(b"\n"):
            data = data[1:]
            self._after_return = False
        if b"\r" not in data:
            self._after_return = self._after_return and not data
            return data
        self._after_return = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _begin(self, data: bytes) -> bytes:
        """Without the byte-order mark that a stream may begin with."""
        if self._begun:
            return data
        data = bytes(self.unfinished) + data
        self.unfinished = bytearray()
        self._begun = not BYTE_ORDER_MARK.startswith(data[:3]) or len(data) >= len(BYTE_ORDER_MARK)
        return data.removeprefix(BYTE_ORDER_MARK)

    def _fast(self, lines: list[bytes]) -> Iterator[Any] | None:
        """One parse for all: what nearly every read allows. None where it doesn't."""
        if self._part or self._in_error or self._bare:
            return None
        payloads = []
        for line in lines:
            if line.startswith(DATA):
                if data := line[5:].strip():
                    payloads.append(data)
            elif line.startswith((ERROR_EVENT, b"data", b"{", b"[")):
                return None
        if DONE in payloads:
            payloads = payloads[: payloads.index(DONE)]
            self.done = True
        try:
            return iter(parse_all(payloads))
        except NotJson:
            self.done = False
            return None

    def _careful(self, lines: list[bytes]) -> Iterator[Any]:
        """Line by line, lazily, so that what came before a broken one is taken when it is met."""
        for line in lines:
            if self.done:
                return
            name, _, value = line.partition(b":")
            if name == b"data":
                yield from self._data(value.removeprefix(b" "))
            elif name == b"event":
                self._in_error = value.strip() == b"error"
            elif not line.strip():
                self._end_event()
            elif self._bare or line.lstrip().startswith(JSON_STARTS):
                yield from self._bare_line(line)

    def _data(self, value: bytes) -> Iterator[Any]:
        if value.strip() == DONE:
            self.done = True
            return
        part = b"\n".join((self._part, value)) if self._part else value
        if not part.strip():
            return
        if len(part) > MAX_LINE_BYTES:
            raise BrokenStream(f"The stream held a line of more than {MAX_LINE_BYTES >> 20} MiB.")
        try:
            found = parse(part)
        except NotJson:
            self._part = part
            return
        self._part = b""
        yield _as_error(found) if self._in_error else found

    def _end_event(self) -> None:
        part, self._part, self._in_error = self._part, b"", False
        if part:
            raise BrokenStream("The stream held broken JSON.")

    def _bare_line(self, line: bytes) -> Iterator[Any]:
        """A line that is no field: JSON by itself, or a line of a longer JSON text."""
        try:
            found = parse(line) if not self._bare else None
        except NotJson:
            found = None
        if isinstance(found, dict):
            yield found
            return
        self._bare.append(line)
        if sum(map(len, self._bare)) > MAX_LINE_BYTES:
            raise BrokenStream(
                f"The stream held more than {MAX_LINE_BYTES >> 20} MiB without an event."
            )


def begins_events(start: bytes) -> bool:
    """True when an answer that starts like this can be read: as events, or as JSON."""
    return start.lstrip().startswith((*FIELDS, *JSON_STARTS))


def _as_error(found: Any) -> Any:
    return found if isinstance(found, dict) and found.get("error") else {"error": found}


def _whole(text: bytes) -> Iterator[Any]:
    try:
        yield parse(text)
    except NotJson as error:
        raise BrokenStream("The stream held broken JSON.") from error
