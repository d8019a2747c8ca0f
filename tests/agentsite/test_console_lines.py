"""What others wrote can neither forge lines on a terminal nor steer it."""

import io
import logging
import time

import pytest

from agentsite.local.console import Console
from agentsite.observability.logging import ConsoleFormatter

CLEAR, BELL, CSI = "\x1b[2J", "\x07", "\x9b"
NASTY = f"{CLEAR}{BELL}{CSI}\r\u202e"


@pytest.fixture
def logger() -> tuple[logging.Logger, io.StringIO]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(ConsoleFormatter())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    return logger, written


def is_harmless(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def test_control_bytes_in_a_log_line_are_written_out(logger):
    log, written = logger
    log.warning("task %s", NASTY, extra={"path": NASTY, "size": 3})

    assert is_harmless(written.getvalue())
    assert written.getvalue().count(r"\x1b[2J\x07\x9b\r\u202e") == 2
    assert "size=3" in written.getvalue()


def test_a_message_stays_on_its_line(logger):
    log, written = logger
    log.warning("asked for %s", "/x\n2026-01-01 [info] all is well")

    assert written.getvalue().count("\n") == 1


def test_a_trace_keeps_its_lines_and_loses_its_control_bytes(logger):
    log, written = logger
    try:
        raise ValueError(NASTY)
    except ValueError:
        log.exception("failed")

    assert is_harmless(written.getvalue())
    assert "Traceback" in written.getvalue()
    assert written.getvalue().count("\n") > 3


def test_the_console_of_make_up_shows_them_too(capsys):
    Console().follow("web", io.BytesIO(f"before {CLEAR} after\n".encode()))
    deadline = time.monotonic() + 90
    shown = ""
    while "after" not in shown and time.monotonic() < deadline:
        shown += capsys.readouterr().out

    assert r"before \x1b[2J after" in shown
