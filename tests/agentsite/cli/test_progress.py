"""What the command line shows of a run, line by line."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from agentsite.cli.output import Output, shortened
from agentsite.cli.progress import Progress
from agentsite.client import Event, Text

NOW = datetime(2026, 11, 29, tzinfo=UTC)
THINK = ("react/t1/think", 1)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def event(type: str, **data: Any) -> Event:
    return Event(seq=1, type=type, at=NOW, data={"key": THINK[0], "attempt": 1, **data})


def text(whole: str, key: str = THINK[0]) -> Text:
    return Text(key, 1, whole=whole, new="")


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def progress(written: io.StringIO) -> Progress:
    return Progress(Output(written))


def test_steps_tools_and_notices_are_a_line_each(progress: Progress, written) -> None:
    for one in (
        event("run.queued"),
        event("run.started", attempt=1, worker="w"),
        event("step.started", label="Think", n=1, of=5),
        event("step.finished", label="Think", duration_ms=1234, cost_usd="0.00120", replayed=False),
        event("tool.started", label="Using calculator", arguments='{"expression": "6*7"}'),
        event("tool.finished", label="Using calculator", ok=True, preview="42"),
        event("notice", message="An answer was cut."),
        event("cost", cost_usd="0.0012"),
        event("step.started", label="Answer"),
        event("step.failed", label="Answer", error={"code": "timeout", "message": "Too\nslow."}),
    ):
        progress.show(one)

    assert written.getvalue().splitlines() == [
        "▸ Think 1 of 5",
        "✓ Think  1.2 s, $0.00120",
        '▸ Using calculator  {"expression": "6*7"}',
        "✓ Using calculator  42",
        "! An answer was cut.",
        "▸ Answer",
        "✗ Answer  Too slow.",
    ]


def test_text_is_shown_once_as_it_grows(progress: Progress, written) -> None:
    for whole in ("The", "The answer", "The answer", "The answer is 42."):
        progress.show(text(whole))
    progress.show(event("step.finished", label="T", cost_usd="0", replayed=True))

    assert written.getvalue() == "The answer is 42.\n✓ T  read back, $0\n"
    assert progress.last_text == "The answer is 42."


def test_texts_of_steps_at_once_are_not_mixed(progress: Progress, written) -> None:
    progress.show(text("one", "a"))
    progress.show(text("two", "b"))
    progress.show(text("one more", "a"))
    progress.show(event("step.started", label="C"))
    progress.show(text("two more", "b"))

    assert written.getvalue() == "one more\n▸ C\ntwo more"


def test_a_terminal_gets_colours_and_nothing_that_it_would_obey(monkeypatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    written = Terminal()
    Progress(Output(written)).show(event("notice", message="\x1b[2J\x07gone\nline"))

    assert written.getvalue() == "\x1b[33m! \\x1b[2J\\x07gone\\nline\x1b[0m\n"


def test_no_colour_where_none_is_wanted(monkeypatch, written) -> None:
    assert Output(written).styled("x", "bold") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Output(Terminal()).styled("x", "bold") == "x"


def test_an_answer_is_a_file_s_as_it_is_and_a_terminal_s_made_harmless(written) -> None:
    answer, terminal = "one\n\x1b[2Jtwo", Terminal()
    Output(written).body(answer)
    Output(terminal).body(answer)

    assert written.getvalue() == f"{answer}\n"
    assert terminal.getvalue() == "one\n\\x1b[2Jtwo\n"


def test_a_table_has_its_numbers_to_the_right(written) -> None:
    Output(written).table(
        [("A", "COST", "TASK"), ("aaa", "$1.5", "x\ny"), ("b", "$10", "z")], right=[1]
    )

    assert written.getvalue().splitlines() == [
        "A    COST  TASK",
        "aaa  $1.5  x\\ny",
        "b     $10  z",
    ]


def test_a_long_text_is_one_short_line() -> None:
    assert shortened("a\n b  c", 10) == "a b c"
    assert shortened("abcdef", 4) == "abc…"
