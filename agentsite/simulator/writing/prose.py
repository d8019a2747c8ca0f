"""Plain answers: what can be told from the task's own text, else who answers here."""

import re

from . import honest
from .languages import language_of
from .topic import is_summary
from .traceback import explain_traceback

_GREETING = re.compile(r"\A\W*(hi|hello|hey|good (morning|evening|day)|thanks?( you)?)\W*\Z", re.I)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_SUMMARY_POINTS = 6


def compose(task: str, *, polished: bool) -> str:
    """An answer in Markdown. A draft that isn't polished lacks what a careful reviewer asks for."""
    if _GREETING.match(task):
        return "Hello! Tell me what you would like to have worked out."
    if explained := explain_traceback(task):
        return explained
    if is_summary(task) and language_of(task) == "en":
        return _summary(task)
    return honest.paragraph(task) if polished else honest.who_answers(task)


def improves(task: str) -> bool:
    """True when the polished answer to a task says more than its draft."""
    return compose(task, polished=True) != compose(task, polished=False)


def _summary(task: str) -> str:
    """The first sentence of each part of the given text: a summary that adds nothing."""
    _, _, text = task.partition("\n")
    sentences = [s.strip(" -*#\t") for s in _SENTENCE.split(text or task)]
    sentences = [s for s in sentences if len(s.split()) > 2]
    stride = max(1, len(sentences) // _SUMMARY_POINTS)
    points = "\n".join(f"- {s}" for s in sentences[::stride][:_SUMMARY_POINTS])
    words = len(task.split())
    return (
        f"The simulator can only quote. The text has {words:,} words; "
        f"these sentences stand at equal distances in it:\n\n{points}"
    )
