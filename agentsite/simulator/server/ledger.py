"""What the simulator billed: the provider's side of the account, for tests to hold against ours."""

import os
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal

import orjson

Status = Literal["completed", "cut", "client_gone", "hung", "refused"]

_KEPT_ROWS = 200_000
_TASK_CHARS = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One request and what it was billed; a refused one is billed nothing."""

    id: int
    at: float
    request_id: str
    model: str
    task: str
    status: Status
    http_status: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    tokens_sent: int
    response_id: str = ""
    api_key: str = ""
    stored: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    counted: int = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, and under which id and words the answer can be found again.

    `counted` is how often the organisation's usage has it: not once is a provider's mistake.
    """

    api_key: str = ""
    stored: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    counted: int = 1


@dataclass(frozen=True, slots=True)
class Bill:
    """The tokens of one request; ``completion_tokens`` includes the reasoning ones."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    tokens_sent: int = 0


NOBODY = Asked()


class Ledger:
    """Rows in memory, and in a JSON-lines file where one is given."""

    def __init__(self, path: Path | None = None) -> None:
        self._rows: deque[Row] = deque(maxlen=_KEPT_ROWS)
        self._last_id = 0
        self._file: BinaryIO | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Tasks are in it: it is its owner's alone, also where an older one was not.
            path.touch(mode=0o600)
            path.chmod(0o600)
            self._file = path.open("a+b")
            self._load(self._file)

    def _load(self, file: BinaryIO) -> None:
        file.seek(0)
        whole = b"\n"
        for line in file:
            whole = line
            try:
                row = Row(**orjson.loads(line))
            except (orjson.JSONDecodeError, TypeError):
                continue  # a line that a kill cut short
            self._rows.append(row)
            self._last_id = row.id
        file.seek(0, os.SEEK_END)
        if not whole.endswith(b"\n"):
            file.write(b"\n")

    def add(
        self,
        *,
        request_id: str,
        model: str,
        task: str,
        status: Status,
        http_status: int,
        bill: Bill,
        response_id: str = "",
        asked: Asked = NOBODY,
    ) -> None:
        """Write one row."""
        self._last_id += 1
        row = Row(
            id=self._last_id,
            at=time.time(),
            request_id=request_id,
            model=model,
            task=task[:_TASK_CHARS],
            status=status,
            http_status=http_status,
            **asdict(bill),
            response_id=response_id,
            **asdict(asked),
        )
        self._rows.append(row)
        if self._file is not None:
            self._file.write(orjson.dumps(row) + b"\n")
            self._file.flush()

    def rows(self, since: int = 0, match: str = "") -> list[Row]:
        """Rows after an id, oldest first, whose task contains a text."""
        if not self._rows:
            return []
        skipped = max(0, since - self._rows[0].id + 1)
        return [row for row in islice(self._rows, skipped, None) if match in row.task]

    def answered(self, response_id: str) -> Row | None:
        """The row of an answer."""
        return next((row for row in reversed(self._rows) if row.response_id == response_id), None)

    def clear(self) -> None:
        """Forget every row, in the file too; ids go on."""
        self._rows.clear()
        if self._file is not None:
            self._file.truncate(0)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
