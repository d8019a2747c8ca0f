"""The list of steps: one row a call with its attempts, and the notices between the rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from billing.bill import BillLine, bill_lines
from billing.models import Confidence, LedgerEntry
from billing.money import fraction_digits
from runs.engine.calls.closing import concludes
from runs.engine.model_json import Unreadable, read_json
from runs.engine.registry import step_of
from runs.models import RunEvent, Step
from runs.presenters.artifacts.box import Artifact, artifact
from runs.presenters.artifacts.progress import Steps
from runs.presenters.previews import brought, content_of, has_gist
from runs.selectors.journal import Journal
from runs.states import StepStatus

SHOWN_CHARACTERS = 2000
# What a model writes before it calls a tool is seldom longer; once a tool has answered, shorter.
LONGEST_THOUGHT = 240
LONGEST_LATER_THOUGHT = 80
# Notices of a run that went from one worker to another.
MOVED = frozenset({"worker_lost", "handed_back", "recovered"})
FROM_OTHERS = frozenset({"equal_run", "forked"})
ABOUT_MONEY = frozenset(
    {"out_of_money", "waiting_for_money", "awaiting_funds", "funded", "room_again"}
)
GAPS = frozenset({"notice", "run.awaiting", "run.resumed"})
# The head of the page says who paid.
SAID_ABOVE = "cache_hit"
ICONS = {
    **dict.fromkeys(MOVED | FROM_OTHERS, "history"),
    **dict.fromkeys(ABOUT_MONEY, "wallet"),
    **dict.fromkeys(("awaiting_approval", "decided"), "shield"),
    "past_deadline": "clock",
}
# All went as the reader wanted.
CALM = FROM_OTHERS | {"funded", "room_again", "decided", "recovered"}
SAID = {"approved": "Approved", "declined": "Declined", "took_effect": "It took effect"}
WRITES = "pen"
NODES = {
    StepStatus.ASKED: "node-warn",
    StepStatus.STARTED: "node-live",
    StepStatus.FAILED: "node-bad",
    StepStatus.CANCELLED: "node-warn",
    StepStatus.IN_DOUBT: "node-warn",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a call and what became of it."""

    number: int
    state: str
    status: str
    started_at: datetime
    said: str
    duration_ms: int | None
    cost_usd: Decimal
    confidence: str


@dataclass(slots=True)
class StepRow:
    """One call, whatever number of attempts it took."""

    key: str
    label: str
    is_tool: bool
    icon: str
    status: str
    preview: str
    attempts: list[Attempt]
    duration_ms: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    held_usd: Decimal
    replayed: bool
    taken_usd: Decimal | None
    forkable: bool
    arguments: Any
    observation: str
    thought: str
    thinking: str
    error: dict[str, str] | None
    started_at: datetime
    resumed_at: datetime
    doubts: dict[str, int]
    answer_after: int | None
    decision: str = ""
    lines: list[BillLine] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    has_newest_plan: bool = False

    is_gap = False
    is_round = False

    @property
    def node(self) -> str:
        """The class of the row's node: live, failed or amber; empty when all is well."""
        return NODES.get(StepStatus(self.status), "")

    @property
    def live(self) -> bool:
        """True while the call is in flight."""
        return self.status == StepStatus.STARTED

    @property
    def taken(self) -> bool:
        """True for an answer of the run that this one goes on from."""
        return self.taken_usd is not None

    @property
    def anchor(self) -> str:
        """The row's id in the page."""
        return f"step:{self.key}"

    @property
    def digits(self) -> int:
        """The digits to which the row's bill is padded."""
        return max((fraction_digits(line.amount) for line in self.lines), default=4)

    @property
    def shown_observation(self) -> str:
        """The first characters of what the tool returned."""
        return self.observation[:SHOWN_CHARACTERS]

    @property
    def longer(self) -> int:
        """The length of the whole observation when it is not shown at once, else 0."""
        length = len(self.observation)
        return length if length > SHOWN_CHARACTERS else 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A line between two steps, amber where something went wrong; `run` is one that it is about."""

    message: str
    code: str
    icon: str
    css: str
    run: str

    is_gap = True
    is_round = False


def _arguments(step: Step) -> Any:
    """The arguments as JSON; as the model wrote them where that can't be read or shown."""
    written = step.request.get("arguments", "")
    try:
        return read_json(written)
    except (TypeError, Unreadable):
        return written


def _writes(step: Step) -> bool:
    """True for the calls whose text may become the answer; asking for tools is no answer."""
    declared = step_of(step.key)
    reply = step.response or {}
    if declared is None or not declared.writes or reply.get("tool_calls"):
        return False
    return declared.icon == WRITES or bool(reply.get("content"))


def _answer_after(step: Step) -> int | None:
    """After how many characters its text counts as the answer: it may be a thought; None: never."""
    declared = step_of(step.key)
    if declared is None or declared.icon == WRITES:
        return 0
    if not declared.writes:
        return None
    if not step.request.get("tools"):
        return 0
    told = any(message.get("role") == "tool" for message in step.request.get("messages", ()))
    return LONGEST_LATER_THOUGHT if told else LONGEST_THOUGHT


def _icon(step: Step) -> str:
    if step.kind == Step.Kind.TOOL:
        return "tool"
    if _writes(step):
        return WRITES
    declared = step_of(step.key)
    return declared.icon if declared else "think"


def _attempt(step: Step) -> Attempt:
    error = step.error or {}
    return Attempt(
        number=step.attempt,
        state=step.status,
        status=step.get_status_display(),
        started_at=step.started_at,
        said=error.get("message", ""),
        duration_ms=step.duration_ms,
        cost_usd=step.cost_usd,
        confidence=step.confidence,
    )


def _forkable(last: Step) -> bool:
    """True where another run may go on after this call."""
    finished = last.status == StepStatus.DONE or (
        last.kind == Step.Kind.TOOL and last.response is not None
    )
    return finished and not concludes(last.key)


def _doubts(attempts: Iterable[Step]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for step in attempts:
        if step.cost_usd and step.confidence != Confidence.EXACT:
            label = Confidence(step.confidence).label
            counts[label] = counts.get(label, 0) + 1
    return counts


def _preview(last: Step, previews: dict[tuple[str, int], str]) -> str:
    if last.status == StepStatus.CANCELLED:
        return "Cut off in mid-call"
    if last.status == StepStatus.ASKED:
        return _decision(last) or "Waits for your word"
    if last.error:
        return str(last.error.get("message", ""))
    return brought(last, previews.get((last.key, last.attempt), ""))


def _row(
    attempts: Sequence[Step],
    previews: dict[tuple[str, int], str],
    held: dict[tuple[str, int], Decimal],
) -> StepRow:
    last = attempts[-1]
    is_tool = last.kind == Step.Kind.TOOL
    content = content_of(last.response)
    # As in the run's totals: of a call in doubt only the bound is known, which the bill shows.
    known = [step for step in attempts if step.confidence != Confidence.IN_DOUBT]
    return StepRow(
        key=last.key,
        label=last.label,
        is_tool=is_tool,
        icon=_icon(last),
        status=last.status,
        preview=_preview(last, previews),
        attempts=[_attempt(step) for step in attempts],
        duration_ms=sum(step.duration_ms or 0 for step in attempts),
        input_tokens=sum(step.input_tokens for step in known),
        output_tokens=sum(step.output_tokens for step in known),
        cost_usd=sum((step.cost_usd for step in attempts), Decimal(0)),
        held_usd=sum((held.get((s.key, s.attempt), Decimal(0)) for s in attempts), Decimal(0)),
        replayed=any(step.replayed for step in attempts),
        taken_usd=last.taken_usd,
        forkable=_forkable(last),
        arguments=_arguments(last) if is_tool else None,
        observation=content if is_tool else "",
        thought="" if is_tool else content,
        thinking=str((last.response or {}).get("thinking") or ""),
        error=last.error,
        started_at=attempts[0].started_at,
        resumed_at=last.started_at,
        doubts=_doubts(attempts),
        answer_after=_answer_after(last),
        decision=_decision(last),
    )


def _decision(step: Step) -> str:
    """What its owner said of a tool call."""
    if not step.decision:
        return ""
    said, comment = SAID[step.decision["verdict"]], step.decision["comment"]
    return f"{said}: {comment}" if comment else said


def _is_gap(event: RunEvent) -> bool:
    return event.type in GAPS and event.data.get("code") != SAID_ABOVE


def _gap(event: RunEvent) -> Gap:
    code = str(event.data.get("code", ""))
    css = "gap-calm" if code in CALM else ""
    told, run = (str(event.data.get(name) or "") for name in ("message", "run"))
    return Gap(told, code, ICONS.get(code, "warn"), css, run)


def _name_answer(rows: Iterable[StepRow], answer: str | None) -> None:
    """The last call is called what its text became."""
    calls = [row for row in rows if not row.is_tool]
    if answer and calls and calls[-1].thought.strip() == answer.strip():
        calls[-1].label = "Answer"


def _with_bills(rows: Iterable[StepRow], entries: Iterable[LedgerEntry]) -> None:
    by_key: dict[str, list[LedgerEntry]] = {}
    for entry in entries:
        by_key.setdefault(entry.step_key, []).append(entry)
    for row in rows:
        row.lines = bill_lines(by_key.get(row.key, ()))


def _with_artifacts(rows: Sequence[StepRow], events: Iterable[RunEvent]) -> None:
    """Put each artifact into the step that made it: by its key, else the last one begun."""
    by_key = {row.key: row for row in rows}
    steps, newest = Steps(rows), None
    for event in events:
        if event.type != "artifact":
            continue
        begun = [row for row in rows if row.started_at <= event.at]
        row = by_key.get(str(event.data.get("key", ""))) or (begun[-1] if begun else None)
        if row is not None:
            made = artifact(event.data, steps)
            row.artifacts.append(made)
            newest = row if made.grows else newest
            if made.summary and not row.live:
                row.icon = made.icon
                if made.grows or not has_gist(row.key):
                    row.preview = made.summary
    if newest is not None:
        newest.has_newest_plan = True


def step_rows(
    journal: Journal, entries: Iterable[LedgerEntry], answer: str | None
) -> tuple[list[StepRow], list[StepRow | Gap]]:
    """The rows, and the rows with the notices between them in the order of time.

    The call that wrote the run's `answer` is named after it.
    """
    attempts: dict[str, list[Step]] = {}
    for step in journal.steps:
        attempts.setdefault(step.key, []).append(step)
    previews = {
        (str(event.data.get("key")), int(event.data.get("attempt") or 1)): str(
            event.data.get("preview") or ""
        )
        for event in journal.events
        if event.type.endswith(".finished")
    }
    rows = [_row(steps, previews, journal.held) for steps in attempts.values()]
    _with_bills(rows, entries)
    _with_artifacts(rows, journal.events)
    _name_answer(rows, answer)
    # A step that was begun again stands after the notice that says why.
    timeline: list[tuple[datetime, StepRow | Gap]] = [(row.resumed_at, row) for row in rows]
    timeline += [(event.at, _gap(event)) for event in journal.events if _is_gap(event)]
    timeline.sort(key=lambda item: item[0])
    return rows, [item for _, item in timeline]
