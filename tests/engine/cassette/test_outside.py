"""The cassette in a shell and in a test of one's own: without Django, without a provider."""

import subprocess
import sys
from pathlib import Path

import pytest

from runs.engine.cassette.tape import RecordedCall, Tape
from runs.engine.patterns.reflection import GENERATE
from runs.engine.prompts import messages
from runs.engine.types import Reply, Result, Spec, Usage
from tests.engine.command_line import engine
from tests.simulator.process import ROOT

SPEC = Spec("Write a note.", "reflection", "m-1", {"max_reflection_cycles": 0})
TEST = """
import sys

import pytest

from runs.engine.cassette.changes import Changed


def test_the_note(cassette):
    player = cassette("note.json")
    assert player.check().answer == "A note."
    assert [start.key for start, _ in player.journal.steps] == ["reflection/generate"]


def test_a_prompt(cassette):
    with pytest.raises(Changed, match="Be brief"):
        cassette("note.json").play(custom_instructions="Be brief.")


def test_no_django():
    assert not [m for m in sys.modules if m.split(".")[0] in ("django", "psycopg", "openai")]
"""


@pytest.fixture
def note(tmp_path: Path) -> Path:
    asked = messages(SPEC, GENERATE, {"task": SPEC.task})
    reply, usage = Reply("A note.", (), "stop", "m-1"), Usage(100, 0, 3)
    call = RecordedCall("reflection/generate", "m-1", asked, [], None, reply, usage, None)
    tape = Tape(SPEC, Result("succeeded", "A note.", "final", "completed"), (call,), ())
    file = tmp_path / "note.json"
    file.write_bytes(tape.dumps())
    return file


def test_it_is_played_in_a_shell(note: Path):
    done = engine("--cassette", str(note))
    assert done.returncode == 0, done.stderr
    assert "A note." in done.stdout
    assert "Nothing has changed." in done.stderr
    assert "1 LLM calls, 100 input tokens, 3 output tokens" in done.stderr


def test_a_change_is_told_with_its_difference(note: Path):
    note.write_text(note.read_text().replace("without remarks about it", "with remarks about it"))
    done = engine("--cassette", str(note))
    assert done.returncode == 1
    assert "reflection/generate: the request has changed." in done.stderr
    assert "\n-itself, with remarks about it." in done.stderr
    assert "\n+itself, without remarks about it." in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_cassette_is_said(note: Path):
    note.write_text("{}")
    for file in (note, note.parent / "none.json"):
        done = engine("--cassette", str(file))
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_neither_a_task_nor_a_cassette_is_an_error():
    done = engine("react")
    assert done.returncode == 2
    assert "--cassette" in done.stderr


def test_the_fixture_is_pytest_s_own(note: Path):
    (note.parent / "test_note.py").write_text(TEST)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "runs.engine.testing.plugin"),
            *("-p", "no:django", "-p", "no:cacheprovider", "--rootdir", str(note.parent), "."),
        ],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=note.parent,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
