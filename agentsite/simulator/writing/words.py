"""Sentences for the fields of structured answers, chosen by the field's name."""

import re

from .honest import paragraph
from .topic import subject_of

_TITLES = (
    "Settle the aim",
    "Gather what is known",
    "Work it out",
    "Check the result",
    "Write it up",
)
_ANSWERS = re.compile(
    r"answer|summary|text|content|result|description|understanding|adapted", re.IGNORECASE
)
_BY_NAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"title|label|heading|\bname$", _TITLES),
    (
        r"instruction|action|step|task",
        (
            "State in one sentence what {t} has to achieve.",
            "List what is known about {t} and what is missing.",
            "Work through {t} with the known parts first.",
            "Check the result against the aim.",
        ),
    ),
    (
        r"why|reason|purpose|thought|note|comment|evidence",
        (
            "It narrows {t} down to what can be checked.",
            "Without it the rest would rest on a guess.",
            "It shows early whether the direction is right.",
        ),
    ),
    (r"query|search", ("{subject}", "{subject} overview", "{subject} common mistakes")),
    (r"question", ("What is {t} for?", "What makes {t} hard?", "How is {t} checked?")),
    (
        r"problem|issue|diagnosis",
        ("The aim of {t} is not stated.", "A claim about {t} has no reason beside it."),
    ),
    (r"fix|lesson|strategy|suggestion", ("Say it in one sentence, at the top.", "Add the reason.")),
    (r"done_when|output|expected", ("One sentence that can be answered with yes or no.",)),
)


def sentence_for(key: str, task: str, n: int) -> str:
    """A sentence that suits a field's name; ``n`` is its place in a list."""
    name = key.lower()
    if name == "id" or name.endswith("_id"):
        return f"s{n + 1}"
    if name.endswith("_json"):
        return "{}"
    for pattern, texts in _BY_NAME:
        if re.search(pattern, name):
            return texts[n % len(texts)].format(t="this task", subject=subject_of(task))
    if _ANSWERS.search(name):
        return paragraph(task)
    return f"{subject_of(task)} {n + 1}" if n else subject_of(task)


def text_for_pattern(pattern: str, n: int) -> str:
    """A text that matches a pattern, from the spellings that schemas usually ask for."""
    number = n + 1
    letter = re.match(r"\^?([A-Za-z]+)", pattern)
    candidates = [f"{letter[1] if letter else ''}{number}", f"s{number}", f"step-{number}"]
    candidates += [str(number), f"{number:02d}", f"{number:03d}", f"{number:04d}", "text", "TEXT"]
    candidates += ["A", "a", "2030-01-01", "12:00", "1.0", "1.0.0", "#336699", "en", "en-GB", "EUR"]
    return next((c for c in candidates if re.search(pattern, c)), candidates[0])
