"""Log lines: JSON for machines, one readable line for a person."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from agentsite.observability.terminal import escaped, escaped_lines

# What comes after one of these in an address lets in whoever knows it.
KEYED_ADDRESSES = (
    "/shared/",
    "/account/email/",
    "/accounts/verify/",
    "/accounts/password/reset/key/",
)
KEY_IN_ADDRESS = re.compile(rf"({'|'.join(KEYED_ADDRESSES)})[^/\s\"'?]+")


def without_keys(line: str) -> str:
    """A line of the log without the keys in its addresses."""
    return KEY_IN_ADDRESS.sub(r"\1…", line)


def _say_whose(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
    """Of a request that Django hands to its warnings: how it was made, not the object."""
    request = event.pop("request", None)
    if method := getattr(request, "method", None):
        event["method"] = method
    return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    _say_whose,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def _escape_values(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
    """Text of one line stays on one line; what is no text is written as text here already."""
    for name, value in event.items():
        if name not in ("exc_info", "exception", "stack"):
            event[name] = value if isinstance(value, int | float) else escaped(str(value))
    return event


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """One JSON object a line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """The object, without keys in addresses."""
        return without_keys(super().format(record))


class ConsoleFormatter(structlog.stdlib.ProcessorFormatter):
    """Readable lines for a terminal, which what others wrote can neither forge nor steer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _escape_values,
                # The default prints every frame's locals: secrets, and a minute of CPU.
                structlog.dev.ConsoleRenderer(
                    colors=False, exception_formatter=structlog.dev.plain_traceback
                ),
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """The line, with its trace below it."""
        return escaped_lines(without_keys(super().format(record)))


logging.captureWarnings(True)
