"""The steps of a run as a waterfall: when each ran, and what it added in money and in tokens."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain, pairwise

from runs.presenters.steps import StepRow
from runs.states import StepStatus

# Waits in which nothing ran are shortened to this part of the time in which something did.
LONGEST_WAIT = 0.1
THINNEST = Decimal("0.4")
HUNDREDTH = Decimal("0.01")
WHOLE = Decimal(100)
LLM, TOOL, HELD, INPUT, OUTPUT = "f1", "f4", "f1b", "f1", "f2"
BAD, OFF = "wf-bad", "wf-off"
OUTCOMES = {StepStatus.FAILED: BAD, StepStatus.CANCELLED: OFF}
# What a class of bars stands for, and the class of its dot.
BY_TIME = {
    LLM: ("LLM call", "d1"),
    TOOL: ("Tool", "d4"),
    BAD: ("Failed", "wf-dot-bad"),
    OFF: ("Cancelled", "d5"),
}
BY_COST = {LLM: ("Settled", "d1"), HELD: ("Held", "d1b")}
BY_TOKENS = {INPUT: ("Input", "d1"), OUTPUT: ("Output", "d2")}

Span = tuple[datetime, datetime]
Mark = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; `x` and `width` are percent of the whole, `css` is its class."""

    x: Decimal
    width: Decimal
    css: str


@dataclass(frozen=True, slots=True)
class Line:
    """One step; `began` counts from the first step. The sums include this step."""

    step: StepRow
    began: timedelta
    cost_sum_usd: Decimal
    by_time: list[Bar]
    by_cost: list[Bar]
    by_tokens: list[Bar]


@dataclass(frozen=True, slots=True)
class Timeline:
    """All steps in the order in which they began. `left_out` is how much waiting isn't drawn."""

    lines: list[Line]
    left_out: timedelta

    @property
    def legends(self) -> dict[str, list[Mark]]:
        """What the bars that are drawn stand for."""
        return {
            "by_time": _legend(BY_TIME, (line.by_time for line in self.lines)),
            "by_cost": _legend(BY_COST, (line.by_cost for line in self.lines)),
            "by_tokens": _legend(BY_TOKENS, (line.by_tokens for line in self.lines)),
        }


@dataclass(frozen=True, slots=True)
class _Axis:
    """Moments as percent of the time that is drawn, which begins with the first step."""

    begins: datetime
    length: timedelta
    cuts: Sequence[tuple[datetime, timedelta]]

    @property
    def left_out(self) -> timedelta:
        return sum((cut for _, cut in self.cuts), timedelta())

    def at(self, moment: datetime) -> Decimal:
        cut = sum((cut for end, cut in self.cuts if end <= moment), timedelta())
        return _percent(Decimal((moment - self.begins - cut) / self.length))

    def bar(self, span: Span, css: str) -> Bar:
        begin, end = (self.at(moment) for moment in span)
        return _bar(begin, end, css)


def timeline(rows: Iterable[StepRow], now: datetime) -> Timeline:
    """The waterfall of these rows; a call in flight ends `now`."""
    ordered = sorted(rows, key=lambda row: row.started_at)
    spans = [span for row in ordered for span, _ in _tries(row, now)]
    if not spans:
        return Timeline([], timedelta())
    axis = _axis(spans)
    dollars = sum((row.cost_usd + row.held_usd for row in ordered), Decimal(0))
    tokens = sum(row.input_tokens + row.output_tokens for row in ordered)
    lines: list[Line] = []
    spent, used = Decimal(0), 0
    for row in ordered:
        parts = [(row.cost_usd, LLM), (row.held_usd, HELD)]
        by_cost = _stacked(spent, parts, dollars)
        sizes = [(Decimal(row.input_tokens), INPUT), (Decimal(row.output_tokens), OUTPUT)]
        by_tokens = _stacked(Decimal(used), sizes, Decimal(tokens))
        spent += row.cost_usd
        used += row.input_tokens + row.output_tokens
        by_time = [] if row.taken else [axis.bar(span, css) for span, css in _tries(row, now)]
        began = row.started_at - axis.begins
        lines.append(Line(row, began, spent, by_time, by_cost, by_tokens))
    return Timeline(lines, axis.left_out)


def _tries(row: StepRow, now: datetime) -> list[tuple[Span, str]]:
    """When each attempt of a step ran, and the class of its bar."""
    usual = TOOL if row.is_tool else LLM
    found = []
    for attempt in row.attempts:
        state = StepStatus(attempt.state)
        length = timedelta(milliseconds=attempt.duration_ms or 0)
        end = attempt.started_at + length
        if state == StepStatus.STARTED:
            end = max(now, attempt.started_at)
        found.append(((attempt.started_at, end), OUTCOMES.get(state, usual)))
    return found


def _axis(spans: Iterable[Span]) -> _Axis:
    """The axis on which all of these are, with long waits between them cut short."""
    blocks: list[Span] = []
    for begin, end in sorted(spans):
        if blocks and begin <= blocks[-1][1]:
            blocks[-1] = (blocks[-1][0], max(end, blocks[-1][1]))
        else:
            blocks.append((begin, end))
    busy = sum((end - begin for begin, end in blocks), timedelta())
    longest = busy * LONGEST_WAIT
    waits = [(after[0], after[0] - before[1]) for before, after in pairwise(blocks)]
    cuts = [(end, wait - longest) for end, wait in waits if wait > longest]
    begins, ends = blocks[0][0], blocks[-1][1]
    drawn = ends - begins - sum((cut for _, cut in cuts), timedelta())
    return _Axis(begins, drawn or timedelta(microseconds=1), cuts)


def _stacked(before: Decimal, parts: Iterable[tuple[Decimal, str]], whole: Decimal) -> list[Bar]:
    """Amounts one after another, beginning where those before them ended."""
    bars = []
    for amount, css in parts:
        if amount and whole:
            begin, end = _percent(before / whole), _percent((before + amount) / whole)
            bars.append(_bar(begin, end, css))
        before += amount
    return bars


def _bar(begin: Decimal, end: Decimal, css: str) -> Bar:
    """A bar that can be seen, however short, and that ends within the whole."""
    width = max(end - begin, THINNEST)
    return Bar(min(begin, WHOLE - width), width, css)


def _legend(marks: Mapping[str, Mark], bars: Iterable[Iterable[Bar]]) -> list[Mark]:
    drawn = {bar.css for bar in chain.from_iterable(bars)}
    return [mark for css, mark in marks.items() if css in drawn]


def _percent(part: Decimal) -> Decimal:
    return (min(max(part, Decimal(0)), Decimal(1)) * 100).quantize(HUNDREDTH)
