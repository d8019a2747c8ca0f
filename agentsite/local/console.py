"""What the person who typed `make up` sees."""

import os
import sys
import threading
from contextlib import suppress
from typing import IO

from agentsite.observability.terminal import escaped_lines

NAME_WIDTH = 9


# As log lines name them.
COLOURS = {"[warning": "\x1b[33m", "[error": "\x1b[31m", "[critical": "\x1b[31m"}
PLAIN = "\x1b[0m"


def coloured(line: str) -> str:
    """The line in the colour of its level; the others stay as they are."""
    colour = next((code for level, code in COLOURS.items() if level in line), "")
    return f"{colour}{line}{PLAIN}" if colour else line


def _takes_colours() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


class Console:
    """Prints whole lines from several threads; goes on in silence when nobody reads them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def say(self, line: str) -> None:
        """Print one line."""
        harmless = escaped_lines(line)
        with self._lock, suppress(OSError, ValueError):
            shown = coloured(harmless) if _takes_colours() else harmless
            print(shown, flush=True, file=sys.stdout)

    def follow(self, name: str, stream: IO[bytes]) -> None:
        """Print all that a child writes, each line with the child's name before it."""
        threading.Thread(target=self._copy, args=(name, stream), name=name, daemon=True).start()

    def _copy(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                text = line.decode(errors="replace").rstrip()
                if text:
                    self.say(f"{name:<{NAME_WIDTH}} | {text}")
