"""Two runs side by side, from their rows."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal

from django.utils.html import format_html

from billing.money import fraction_digits
from billing.templatetags.money import usd_exact
from runs.catalogue.presenter import pattern_label
from runs.compare.selectors import Side
from runs.details import Detail
from runs.diff import Diff, Row, diff
from runs.models import Run, Step
from runs.presenters.deleted import note_on
from runs.presenters.params import param_label, param_words
from runs.presenters.steps import StepRow, step_rows
from runs.states import WhenOutOfMoney
from runs.step_names import step_name
from web.templatetags.times import lasted

# Of equal lines, so many are shown before and after what differs; a few more are not left out.
AROUND = 2
FEWEST_FOLDED = 4
# Of an answer that both gave, so many lines are shown.
SHOWN_LINES = 12
SHORT_DIGITS, CENTS = 4, 2
PARAMS, ROLES, PROMPTS = "params.", "roles.", "prompts."
# As the composer says them, where the name in words doesn't.
LABELS = {
    "when_out_of_money": "When money runs out",
    "max_cost_usd": "Cost limit, USD",
    "answer_schema": "JSON schema of the answer",
}

Unit = Literal["usd", "seconds", "count"]
FIGURES: tuple[tuple[str, str, Unit, Callable[[Run], Any]], ...] = (
    ("cost_usd", "Cost", "usd", lambda run: run.cost_usd),
    ("in_doubt_usd", "In doubt", "usd", lambda run: run.in_doubt_usd),
    ("saved_usd", "Saved", "usd", lambda run: run.saved_usd),
    ("seconds", "Took", "seconds", lambda run: _seconds(run)),
    ("llm_calls", "LLM calls", "count", lambda run: run.llm_calls),
    ("tool_calls", "Tool calls", "count", lambda run: run.tool_calls),
    ("input_tokens", "Input tokens", "count", lambda run: run.input_tokens),
    ("cached_input_tokens", "… of them cached", "count", lambda run: run.cached_input_tokens),
    ("output_tokens", "Output tokens", "count", lambda run: run.output_tokens),
    ("reasoning_tokens", "… of them reasoning", "count", lambda run: run.reasoning_tokens),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of both runs. It is None where a run has none, as the time of one that waits."""

    name: str
    label: str
    unit: Unit
    a: Any
    b: Any

    @property
    def difference(self) -> Any:
        """How much more it is in the second run."""
        return None if self.a is None or self.b is None else self.b - self.a

    @property
    def words(self) -> list[str]:
        """Both, and how much more the second is, as the page writes them."""
        values = (self.a, self.b, self.difference)
        digits = max(
            (fraction_digits(v) for v in values if isinstance(v, Decimal)), default=SHORT_DIGITS
        )
        both = [_written(value, self.unit, digits) for value in values[:2]]
        return [*both, _more(self.difference, self.unit, digits)]


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that was asked for differently; None: not at all. A parameter has its pattern."""

    name: str
    a: str | None
    b: str | None
    pattern: str

    @property
    def words(self) -> list[str | None]:
        """Both values as a reader says them."""
        return [None if value is None else self._said(value) for value in (self.a, self.b)]

    def _said(self, value: str) -> str:
        if self.name.startswith(PARAMS):
            name = self.name.removeprefix(PARAMS)
            return str(param_words(self.pattern, name, _read(value)))
        if self.name == "pattern":
            return pattern_label(value)
        return WhenOutOfMoney(value).label if self.name == "when_out_of_money" else value

    @property
    def label(self) -> str:
        """The name as the composer says it."""
        if self.name.startswith(PARAMS):
            return param_label(self.pattern, self.name.removeprefix(PARAMS))
        if self.name.startswith(ROLES):
            return f"Model for {self.name.removeprefix(ROLES)}"
        if self.name.startswith(PROMPTS):
            step, _, part = self.name.removeprefix(PROMPTS).rpartition(".")
            return f"{step_name(f'{self.pattern}/{step}')}, {part} prompt"
        if self.name in LABELS:
            return LABELS[self.name]
        words = self.name.replace("_", " ").replace(".", ", ")
        return words[0].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class StepPair:
    """The calls with one key; `same` says that both brought the same."""

    key: str
    label: str
    a: StepRow | None
    b: StepRow | None
    same: bool

    @property
    def only(self) -> str:
        """The run that alone has it; empty where both do."""
        if self.a is None:
            return "b"
        return "a" if self.b is None else ""


@dataclass(frozen=True, slots=True)
class Fold:
    """Equal lines that are left out."""

    lines: int

    kind = "fold"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that the page and the API show."""

    a: Run
    b: Run
    answers: Diff
    figures: Sequence[Figure]
    settings: Sequence[Setting]
    steps: Sequence[StepPair]

    @property
    def shown(self) -> list[Row | Fold]:
        """The answers' rows without long stretches of equal lines."""
        rows = self.answers.rows
        if not self.answers.equal:
            return list(_folded(rows))
        rest = len(rows) - SHOWN_LINES
        return [*rows[:SHOWN_LINES], Fold(rest)] if rest >= FEWEST_FOLDED else [*rows]

    @property
    def answers_gone(self) -> str:
        """Why answers can't be compared; empty where they can."""
        return self._gone(Detail.ANSWER)

    @property
    def steps_gone(self) -> str:
        """Why steps can't be compared; empty where they can."""
        return self._gone(Detail.STEPS)

    def _gone(self, detail: Detail) -> str:
        notes = (("Of run A: ", self.a), ("Of run B: ", self.b))
        return " ".join(f"{of}{note}" for of, run in notes if (note := note_on(run, detail)))

    @property
    def counts(self) -> str:
        """How many steps are the same, differ, or are in one run alone: `2 same · 1 only in B`."""
        counted = Counter(pair.only or ("same" if pair.same else "differ") for pair in self.steps)
        words = {"same": "same", "differ": "different", "a": "only in A", "b": "only in B"}
        return " · ".join(f"{counted[key]} {said}" for key, said in words.items() if counted[key])


def comparison(a: Side, b: Side) -> Comparison:
    """Put two runs side by side. The books are the newest word on the cost."""
    for one in (a, b):
        one.run.cost_usd = one.books.run_usd
    return Comparison(
        a.run,
        b.run,
        diff(a.run.answer or "", b.run.answer or ""),
        [Figure(name, label, unit, of(a.run), of(b.run)) for name, label, unit, of in FIGURES],
        _settings(a.run, b.run),
        _steps(a, b),
    )


def _written(value: Any, unit: Unit, digits: int) -> str:
    if value is None:
        return "—"
    if unit == "usd":
        return usd_exact(value, digits if value else CENTS)
    return lasted(timedelta(seconds=float(value))) if unit == "seconds" else f"{value:,}"


def _more(value: Any, unit: Unit, digits: int) -> str:
    """A difference with its sign; dollars bring their own minus."""
    if value is None:
        return "—"
    if value == 0:
        return "equal"
    if unit == "usd":
        return format_html("{}{}", "+" if value > 0 else "", usd_exact(value, digits))
    size = f"{abs(value):,.1f} s" if unit == "seconds" else f"{abs(value):,}"
    return f"{'+' if value > 0 else '−'}{size}"


def _seconds(run: Run) -> Decimal | None:
    """How long it took; None before its end, and of an answer from the cache."""
    if run.finished_at is None or run.started_at is None:
        return None
    return round(Decimal((run.finished_at - run.started_at).total_seconds()), 3)


def _read(value: str) -> Any:
    """The value of a parameter, which is kept as it is where it is a text, else as JSON."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def _settings(a: Run, b: Run) -> list[Setting]:
    """What differs of what was asked for, the task first."""
    of_a, of_b = _asked(a), _asked(b)
    return [
        Setting(name, of_a.get(name), of_b.get(name), (a if name in of_a else b).pattern)
        for name in {**of_a, **of_b}
        if of_a.get(name) != of_b.get(name)
    ]


def _asked(run: Run) -> dict[str, str]:
    """What a run was asked for, as texts by name."""
    config = run.config
    flat: dict[str, Any] = {
        "task": run.task,
        "pattern": run.pattern,
        "model": run.chosen_model,
        **{f"{ROLES}{role}": model for role, model in config["roles"].items()},
        "tools": ", ".join(run.tools),
        **{f"{PARAMS}{name}": value for name, value in run.params.items()},
        "when_out_of_money": run.when_out_of_money,
        "max_cost_usd": run.max_cost_usd and f"{run.max_cost_usd.normalize():f}",
        "prompt_set": run.prompt_set,
        "custom_instructions": config["custom_instructions"],
        "goals": "\n".join(config["goals"]),
        **_prompts(config["prompts"]),
        "answer_schema": config.get("answer_schema"),
    }
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in flat.items()
        if value not in ("", None)
    }


def _prompts(prompts: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {
        f"{PROMPTS}{step}.{part}": text
        for step, parts in prompts.items()
        for part, text in parts.items()
    }


def _steps(a: Side, b: Side) -> list[StepPair]:
    """The steps of both by key, in the order of the first run."""
    (rows_a, brought_a), (rows_b, brought_b) = _rows(a), _rows(b)
    return [
        StepPair(
            key,
            label=_name(key, rows_a.get(key), rows_b.get(key)),
            a=rows_a.get(key),
            b=rows_b.get(key),
            same=key in rows_a and brought_a[key] == brought_b.get(key),
        )
        for key in _merged(list(rows_a), list(rows_b))
    ]


def _name(key: str, a: StepRow | None, b: StepRow | None) -> str:
    """The step's name on the pages of both runs; that of its key where they differ."""
    names = {row.label for row in (a, b) if row}
    return names.pop() if len(names) == 1 else step_name(key)


def _rows(side: Side) -> tuple[dict[str, StepRow], dict[str, Any]]:
    """The rows of a run, and what each brought, by key."""
    rows, _ = step_rows(side.journal, side.books.entries, side.run.answer)
    brought = {step.key: _brought(step) for step in side.journal.steps}
    return {row.key: row for row in rows}, brought


def _brought(step: Step) -> Any:
    """What came back: a text, the calls that were asked for, or an error."""
    response = step.response or {}
    calls = [(call.get("name"), call.get("arguments")) for call in response.get("tool_calls", ())]
    error = (step.error or {}).get("code")
    return step.status, response.get("content") or response.get("text"), calls, error


def _merged(a: Sequence[str], b: Sequence[str]) -> list[str]:
    """All keys: those of the first run, and each other one after what comes before it there."""
    merged = list(a)
    place = 0
    for key in b:
        if key not in merged:
            merged.insert(place, key)
        place = merged.index(key) + 1
    return merged


def _folded(rows: Sequence[Row]) -> Iterator[Row | Fold]:
    near = {
        place + offset
        for place, row in enumerate(rows)
        if row.kind != "same"
        for offset in range(-AROUND, AROUND + 1)
    }
    for is_near, group in groupby(range(len(rows)), near.__contains__):
        places = list(group)
        if is_near or len(places) < FEWEST_FOLDED:
            yield from (rows[place] for place in places)
        else:
            yield Fold(len(places))
