"""Runs that have half of the money that they would use: told how much that is, and not told."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bench.papers.others import Report, Search, schema_name, written
from bench.papers.play import Played, play_with
from bench.papers.provider import Body, Model, Say
from bench.papers.wallet import Wallet
from runs.engine.types import Spec

TASK = "Say how it is, and why."
PLENTY = 1_000.0
SIZES = range(2, 9)
# As long as a paragraph or a section is.
LONG = Say("It is so, and that is all." + " Quite so, and for more than one reason." * 80)
STEP = {"title": "Look", "instruction": "Look at it.", "done_when": "It was seen."}


@dataclass(frozen=True)
class Halved:
    """One size of a pattern's work: with all the money, and with half of it in both ways."""

    whole: Played
    told: Played
    untold: Played


def halved(pattern: str, sizes: Iterable[int] = SIZES) -> list[Halved]:
    """A pattern with each size of its plan."""
    return [_halved(pattern, size) for size in sizes]


def as_planned(played: Played) -> bool:
    """True of a run that ended where its pattern ends, and was not cut short by its money."""
    return played.result.status == "succeeded" and played.result.stop_reason != "budget"


def _halved(pattern: str, size: int) -> Halved:
    limit, script, more = PLAYED[pattern]
    spec = Spec(TASK, pattern, "m-1", {limit: size, **more})

    def play(limit_usd: float, *, told: bool) -> tuple[Played, Wallet]:
        wallet = Wallet(spec, limit_usd, told=told)
        return play_with(wallet, spec, script(size)), wallet

    whole, wallet = play(PLENTY, told=False)
    half = wallet.most / 2
    return Halved(whole, play(half, told=True)[0], play(half, told=False)[0])


def planner(wanted: int) -> Model:
    """Plans as many steps as it wants, or as the prompt allows; each is a call of a model."""

    def model(body: Body) -> Say:
        steps = range(1, min(wanted, _allowed(body)) + 1)
        said: dict[str, Say] = {
            "plan": written(understanding="So.", known=[], steps=[_step(n) for n in steps]),
            "step_result": written(result=LONG.text, status="ok", note="Seen."),
            "evidence_plan": written(tasks=[_question(n) for n in steps]),
        }
        return said.get(schema_name(body), LONG)

    return model


PLAYED: dict[str, tuple[str, Callable[[int], Model], dict[str, Any]]] = {
    "plan_and_solve": ("max_steps", planner, {}),
    "rewoo": ("max_steps", planner, {}),
    "lats": ("max_iterations", lambda size: Search(3).model, {}),
    "storm": ("max_sections", lambda size: Report(size, LONG).model, {"allow_no_sources": True}),
}


def _allowed(body: Body) -> int:
    """The most steps by the prompt's limit and by its line about the money."""
    asked = str(body["messages"][-1]["content"])
    limits = map(int, re.findall(r"At most (\d+) (?:steps|of them)", asked))
    calls = (int(n) - 1 for n in re.findall(r"about (\d+) calls?", asked))
    return max(1, min([*limits, *calls], default=1))


def _step(n: int) -> Body:
    return {"id": f"s{n}", **STEP, "depends_on": []}


def _question(n: int) -> Body:
    arguments = '{"question": "How is it?"}'
    return {"id": f"E{n}", "purpose": "To know", "tool": "llm", "arguments_json": arguments}
