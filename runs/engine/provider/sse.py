"""Server-Sent Events as the WHATWG specifies them: bytes in, the events' data out.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import re
from collections.abc import Iterator
from typing import Any

from runs.engine.provider.json_text import NotJson, parse, parse_all

DATA = b"data:"
# Lines that say nothing.
SILENT = (b":", b"id:", b"retry:")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DONE = b"[DONE]"
FIELDS = (DATA, b"data", b"event:", b"error:", *SILENT, BYTE_ORDER_MARK)
# Names of events that have chunks or errors; of others, only JSON is read.
CHUNK_EVENTS = (b"", b"message", b"error")
# A sign of life where data should be.
ALIVE = re.compile(rb":.*|\W*(keep-?alive|ping|heartbeat|processing)\W*", re.IGNORECASE | re.DOTALL)
# Where the next event begins on the same line.
NEXT = re.compile(rb"(?<=\})\s*(?:data:)?\s*(?=\{|\[DONE\])")
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
        self._part: list[bytes] = []
        self._size = 0
        self._event = b""
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
        if self._part or self._event or self._bare:
            return None
        payloads = []
        for line in lines:
            if line.startswith(DATA):
                if data := line[5:].strip(b' \t"'):
                    payloads.append(data)
            elif line.strip() and not line.startswith(SILENT):
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
            name = name.strip().lower()
            if name == b"data":
                yield from self._data(value.removeprefix(b" "))
            elif name in (b"event", b"error"):
                self._event = b"error" if name == b"error" else value.strip()
                if name == b"error":
                    yield from self._data(value)
            elif not line.strip():
                yield from self._end_event()
            elif self._part:
                self._part.append(line)
                self._check_size(line)
            elif self._bare or line.lstrip().startswith(JSON_STARTS):
                yield from self._bare_line(line)

    def _data(self, value: bytes) -> Iterator[Any]:
        while value.lstrip().startswith(DATA):
            value = value.lstrip().removeprefix(DATA)
        if value.strip(b' \t"') == DONE:
            self.done = True
            return
        if self._part:
            self._part.append(value)
            self._check_size(value)
        elif value.strip():
            try:
                found = parse(value)
            except NotJson:
                self._part, self._size = [value], len(value)
            else:
                yield self._named(found)

    def _end_event(self) -> Iterator[Any]:
        """A blank line: data that is no JSON is several events, words, or broken."""
        text, self._part = b"\n".join(self._part), []
        try:
            for one in NEXT.split(text) if text else ():
                if one.strip() == DONE:
                    self.done = True
                    break
                yield self._named(parse(one))
        except NotJson as error:
            if text.lstrip().startswith(JSON_STARTS) and self._event != b"error":
                if not ALIVE.fullmatch(text):
                    raise BrokenStream("The stream held broken JSON.") from error
            elif self._event in CHUNK_EVENTS and not ALIVE.fullmatch(text):
                yield {"error": text.decode(errors="replace")}
        finally:
            self._event = b""

    def _named(self, found: Any) -> Any:
        """What stands in an event for errors is one, whatever its shape."""
        if self._event != b"error" or (isinstance(found, dict) and found.get("error")):
            return found
        return {"error": found}

    def _bare_line(self, line: bytes) -> Iterator[Any]:
        """A line that is no field: JSON by itself, or a line of a longer JSON text."""
        try:
            found = parse(line) if not self._bare else None
        except NotJson:
            found = None
        if isinstance(found, dict):
            yield found
            return
        if not self._bare:
            self._size = 0
        self._bare.append(line)
        self._check_size(line)

    def _check_size(self, more: bytes) -> None:
        """An event of many lines is as long as one of one line may be."""
        self._size += len(more)
        if self._size > MAX_LINE_BYTES:
            raise BrokenStream(
                f"The stream held more than {MAX_LINE_BYTES >> 20} MiB without an event."
            )


def begins_events(start: bytes) -> bool:
    """True when an answer that starts like this can be read: as events, or as JSON."""
    return start.lstrip().startswith((*FIELDS, *JSON_STARTS))


def _whole(text: bytes) -> Iterator[Any]:
    try:
        found = parse(text)
    except NotJson as error:
        raise BrokenStream("The stream held broken JSON.") from error
    yield from found if isinstance(found, list) else [found]
