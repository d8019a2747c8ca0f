"""The program `agentsite` against a running site."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from agentsite.cli import program
from agentsite.client import Client, Text
from runs.models import Run
from runs.states import Status
from tests.stack import Stack, wait_for

SUM = "What is 17 % of 2,340, minus 58?"
SLOW = "Describe a lighthouse. [sim: chunks=600 rate=30]"


@pytest.fixture(autouse=True)
def site(stack: Stack, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTSITE_URL", stack.web_url)
    monkeypatch.setenv("AGENTSITE_TOKEN", key)


@pytest.fixture
def agentsite(capsys) -> Callable[..., tuple[int, str, str]]:
    """Run the program here: exit code, output, errors."""

    def agentsite(*arguments: str) -> tuple[int, str, str]:
        code = program.main(arguments)
        written = capsys.readouterr()
        return code, written.out, written.err

    return agentsite


def unique(task: str) -> str:
    return f"{task} ({uuid4().hex})"


def own(owner: Any) -> Run:
    return Run.objects.visible_to(owner).latest("created_at")


def test_a_task_is_followed_to_its_answer(agentsite, worker, owner) -> None:
    code, out, err = agentsite("submit", unique(SUM), "--follow")
    run = own(owner)

    assert (code, run.status) == (0, Status.SUCCEEDED)
    assert out == f"{run.answer}\n"
    assert "339.8" in out
    lines = err.splitlines()
    assert lines[0].endswith(f"/runs/{run.pk}/")
    assert sum(line.startswith("▸ ") for line in lines) == 3
    assert lines[-1].startswith(f"succeeded · ${run.cost_usd.normalize():f} · 2 calls · ")
    assert "\x1b" not in out + err


def test_a_failed_run_is_exit_code_1(agentsite, worker, owner) -> None:
    code, out, err = agentsite(
        "submit", unique("Hello [sim: error=401]"), "--tool", "calculator", "-f"
    )

    assert (code, own(owner).status) == (1, Status.FAILED)
    assert out == ""
    assert err.splitlines()[-2].startswith("failed")


def test_events_as_json_are_all_of_the_run(agentsite, worker, owner) -> None:
    code, out, err = agentsite("submit", unique(SUM), "--follow", "--json")
    *events, last = (json.loads(line) for line in out.splitlines())
    run = own(owner)

    assert (code, err) == (0, "")
    assert [event["seq"] for event in events] == list(range(1, run.last_seq + 1))
    assert events[-1]["type"] == "run.finished"
    assert (last["run"]["id"], last["run"]["answer"]) == (str(run.pk), run.answer)


def test_without_follow_the_id_is_printed_and_tail_goes_on(agentsite, worker, owner) -> None:
    code, out, _ = agentsite("submit", unique(SUM))
    assert (code, out) == (0, f"{own(owner).pk}\n")

    code, answer, err = agentsite("tail", out.strip())
    assert code == 0
    assert "339.8" in answer
    assert "▸ " in err


def test_what_there_is_and_what_it_cost(agentsite, submit, ended, worker) -> None:
    run = ended(submit(SUM))
    code, out, _ = agentsite("runs", "--search", run.task[-20:])
    assert code == 0
    assert out.splitlines()[1].split()[:2] == [str(run.pk), "succeeded"]

    code, bill, _ = agentsite("cost", str(run.pk))
    assert code == 0
    assert bill.splitlines()[-1] == f"${run.cost_usd.normalize():f} in all"
    assert json.loads(agentsite("cost", str(run.pk), "--json")[1])["results"]

    assert agentsite("budgets")[2] == "No budget limits you.\n"


def test_a_fork_buys_what_is_left(agentsite, submit, ended, worker, owner) -> None:
    source = ended(submit(SUM))
    code, out, err = agentsite("fork", str(source.pk), "--step", "react/t1/tool/1", "--follow")
    fork = own(owner)

    assert (code, fork.forked_from_id, fork.llm_calls) == (0, source.pk, 1)
    assert "339.8" in out
    assert "saved $" in err.splitlines()[-1]


def test_a_rerun_asks_the_same_but_for_what_is_said(
    agentsite, submit, ended, worker, owner
) -> None:
    source = ended(submit(SUM, metadata={"team": "blue"}))
    code, out, _ = agentsite("rerun", str(source.pk), "--max-cost", "0.25", "--follow")
    again = own(owner)

    assert (code, again.status) == (0, Status.SUCCEEDED)
    assert "339.8" in out
    assert again.pk != source.pk
    assert (again.task, again.metadata) == (source.task, {"team": "blue"})
    assert (again.max_cost_usd, again.cache_hit) == (Decimal("0.25"), False)


def test_cancel_ends_a_run_and_says_when_there_is_nothing_to_end(
    agentsite, submit, ended, worker
) -> None:
    run = submit(SLOW, tools=[])
    assert agentsite("cancel", str(run.pk))[0] == 0
    assert ended(run).status == Status.CANCELLED

    done = ended(submit(SUM))
    code, out, err = agentsite("cancel", str(done.pk))
    assert (code, out) == (1, "")
    assert err.startswith("agentsite: ")
    assert err.count("\n") == 1


def test_text_comes_as_it_is_written(stack: Stack, key: str, submit, ended, worker) -> None:
    run = submit(SLOW, tools=[])
    with Client(stack.web_url, key) as client:
        texts = (item for item in client.watch(str(run.pk)) if isinstance(item, Text))
        first, second = next(texts), next(texts)
        client.cancel(str(run.pk))
        rest = [*texts]
    ended(run)

    assert second.whole == first.whole + second.new
    assert (rest or [second])[-1].whole.startswith(second.whole)


def test_a_stream_that_is_cut_is_taken_up_again(stack: Stack, key: str, submit, worker) -> None:
    run = submit(SUM)
    with Client(stack.web_url, key) as client:
        begun = client.follow(str(run.pk))
        first = next(begun)
        begun.close()
        rest = list(client.follow(str(run.pk), after=first.seq))

        assert [event.seq for event in (first, *rest)] == list(range(1, len(rest) + 2))
        assert rest[-1].type == "run.finished"
        assert list(client.follow(str(run.pk), after=rest[-1].seq)) == []


@dataclass
class Watched:
    """The program at a terminal of its own."""

    process: "subprocess.Popen[bytes]"
    terminal: int
    shown: str = field(default="")

    def until(self, words: str) -> None:
        """Read up to these words."""
        while words not in self.shown:
            self.shown += os.read(self.terminal, 1000).decode(errors="replace")

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def answer(self, text: str) -> None:
        """Type a line."""
        os.write(self.terminal, f"{text}\n".encode())


@pytest.fixture
def at_a_terminal() -> Iterator[Callable[..., Watched]]:
    started: list[Watched] = []

    def start(*arguments: str) -> Watched:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "agentsite", *arguments]
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        started.append(Watched(process, ours))
        return started[-1]

    yield start
    for watched in started:
        if watched.process.poll() is None:
            watched.process.kill()
        watched.process.wait()
        os.close(watched.terminal)


def test_ctrl_c_may_cancel(at_a_terminal, submit, ended, worker) -> None:
    run = submit(SLOW, tools=[])
    watched = at_a_terminal("tail", str(run.pk))
    watched.until("▸ ")
    watched.interrupt()
    watched.until("Cancel the run? [y/N]")
    watched.answer("y")
    watched.until("cancelled · $")

    assert watched.process.wait(240) == 1
    assert ended(run).status == Status.CANCELLED
    assert "\x1b[1m▸ " in watched.shown


def test_ctrl_c_may_only_stop_watching(at_a_terminal, submit, ended, worker, api) -> None:
    run = submit(SLOW, tools=[])
    watched = at_a_terminal("tail", str(run.pk))
    watched.until("▸ ")
    watched.interrupt()
    watched.until("Cancel the run? [y/N]")
    watched.answer("")
    watched.until(f"agentsite tail {run.pk}")

    assert watched.process.wait(240) == 130
    run.refresh_from_db()
    assert run.status == Status.RUNNING
    api.post(f"/api/v1/runs/{run.pk}/cancel/")
    ended(run)


def test_who_is_piped_is_asked_nothing(submit, ended, worker, api) -> None:
    run = submit(SLOW, tools=[])
    wait_for(lambda: Run.objects.get(pk=run.pk).status == Status.RUNNING)
    piped = subprocess.Popen(
        [sys.executable, "-m", "agentsite", "tail", str(run.pk)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert piped.stderr is not None
    while "▸ " not in piped.stderr.readline():
        assert piped.poll() is None
    piped.send_signal(signal.SIGINT)
    _, err = piped.communicate(timeout=240)

    assert piped.returncode == 130
    assert f"agentsite tail {run.pk}" in err
    assert "Cancel" not in err
    api.post(f"/api/v1/runs/{run.pk}/cancel/")
    ended(run)
