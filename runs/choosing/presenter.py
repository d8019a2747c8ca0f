"""The questions and the advice, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from runs.catalogue.presenter import calls_range
from runs.choosing.selectors import Advice
from runs.engine.choosing import QUESTIONS
from runs.engine.registry import PATTERNS
from runs.selectors.medians import MIN_RUNS, Medians


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question."""

    value: str
    words: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answers."""

    key: str
    words: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pattern that is advised. `against` are the answers that speak against it.

    `past` is None, and `too_few` says so, where this site has too few runs of it.
    """

    key: str
    label: str
    icon: str
    why: str
    calls: str
    against: list[str]
    past: Medians | None
    too_few: str


@dataclass(frozen=True, slots=True)
class AdviceWords:
    """The best pattern, the next best, and those that would be better and can't run here."""

    best: Candidate
    second: Candidate | None
    left_out: list[tuple[str, str]]
    model: str | None


def asked(answers: Mapping[str, str]) -> list[Asked]:
    """The questions, with the answers as they were given."""
    return [
        Asked(
            question.key,
            question.words,
            [
                Choice(value, words, answers.get(question.key) == value)
                for value, words in question.options.items()
            ],
        )
        for question in QUESTIONS
    ]


def in_words(found: Advice, answers: Mapping[str, str]) -> AdviceWords:
    """Put an advice into words."""
    return AdviceWords(
        best=_candidate(found.best, found, answers),
        second=_candidate(found.second, found, answers) if found.second else None,
        left_out=[(PATTERNS[key].label, reason) for key, reason in found.left_out.items()],
        model=found.model,
    )


def _candidate(key: str, found: Advice, answers: Mapping[str, str]) -> Candidate:
    pattern, past = PATTERNS[key], found.past.get(key)
    suits = pattern.suits
    return Candidate(
        key=key,
        label=pattern.label,
        icon=pattern.icon,
        why=suits.why if suits else "",
        calls=calls_range(pattern, {}),
        against=[q.options[answers[q.key]] for q in suits.missed(answers)] if suits else [],
        past=past if past and past.enough else None,
        too_few=_too_few(past),
    )


def _too_few(past: Medians | None) -> str:
    if past is None:
        return "No runs here yet, so there are no medians."
    if past.enough:
        return ""
    there = "is 1" if past.runs == 1 else f"are {past.runs}"
    return f"Medians are shown from {MIN_RUNS} runs on; there {there} so far."
