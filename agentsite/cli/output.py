"""Writing to a terminal, or to a file or a pipe, which get neither colours nor escapes."""

import json
import os
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, TextIO

from agentsite.client.decoding import encode
from agentsite.observability.terminal import escaped, escaped_lines

STYLES = {"bold": "1", "dim": "2", "bad": "31", "good": "32", "warn": "33"}
GAP = "  "


class Output:
    """One of the two streams of a program."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.is_terminal = stream.isatty()
        self.coloured = self.is_terminal and "NO_COLOR" not in os.environ

    def line(self, text: str = "", style: str = "") -> None:
        """A line of text in which nothing is obeyed by a terminal."""
        self.write(f"{self.styled(escaped(text), style)}\n")

    def styled(self, text: str, style: str) -> str:
        """The text in a style, where there are colours."""
        if not (style and self.coloured and text):
            return text
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m"

    def body(self, text: str) -> None:
        """A text of several lines, such as an answer: as it is, but on a terminal harmless."""
        self.write(f"{escaped_lines(text) if self.is_terminal else text}\n")

    def piece(self, text: str) -> None:
        """A piece of a text that is being written."""
        self.write(self.styled(escaped_lines(text), "dim"))

    def json(self, value: Any) -> None:
        """A value as one line of JSON."""
        self.write(json.dumps(encode(value), ensure_ascii=False) + "\n")

    def table(self, rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> None:
        """Rows in columns; the last one is as wide as it is. Those in `right` are numbers."""
        cells = [[escaped(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row in cells:
            padded = (
                cell.rjust(width) if number in right else cell.ljust(width)
                for number, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            self.write(GAP.join(padded).rstrip() + "\n")

    def write(self, text: str) -> None:
        """Write at once: what is live is not kept back."""
        self.stream.write(text)
        self.stream.flush()


def usd(amount: Decimal | str) -> str:
    """Dollars to the last digit."""
    return f"${Decimal(amount):f}"


def shortened(text: str, width: int) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
