"""What the person who typed `make up` sees."""

import sys
import threading
from contextlib import suppress
from typing import IO

from agentsite.observability.terminal import escaped_lines

NAME_WIDTH = 9


class Console:
    """Prints whole lines from several threads; goes on in silence when nobody reads them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def say(self, line: str) -> None:
        """Print one line."""
        with self._lock, suppress(OSError, ValueError):
            print(escaped_lines(line), flush=True, file=sys.stdout)

    def follow(self, name: str, stream: IO[bytes]) -> None:
        """Print all that a child writes, each line with the child's name before it."""
        threading.Thread(target=self._copy, args=(name, stream), name=name, daemon=True).start()

    def _copy(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                text = line.decode(errors="replace").rstrip()
                if text:
                    self.say(f"{name:<{NAME_WIDTH}} | {text}")
