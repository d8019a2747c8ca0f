"""Plain answers: Markdown about the task's own words, always the same for the same task."""

import re

from . import passages
from .topic import Topic, read_topic
from .traceback import explain_traceback

_GREETING = re.compile(r"\A\W*(hi|hello|hey|good (morning|evening|day)|thanks?( you)?)\W*\Z", re.I)
_POEM = re.compile(r"\b(haiku|poem|verse)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_BODIES = {
    "explain": passages.explained,
    "compare": passages.compared,
    "steps": passages.stepped,
    "document": passages.documented,
}
_SUMMARY_POINTS = 6


def compose(task: str, *, polished: bool) -> str:
    """An answer in Markdown. A draft that isn't polished lacks what a careful reviewer asks for."""
    if _GREETING.match(task):
        return "Hello! Tell me what you would like to have worked out, compared or written."
    if explained := explain_traceback(task):
        return explained
    topic = read_topic(task)
    if _POEM.search(task):
        return passages.haiku(topic)
    if topic.kind == "summary":
        return _summary(topic)
    a, b = topic.pair
    title = f"{a[:1].upper()}{a[1:]} or {b}" if topic.kind == "compare" else topic.title
    blocks = [f"# {title}", passages.opening(topic), *_BODIES[topic.kind](topic)]
    if polished:
        blocks += [passages.EXAMPLE, passages.example(topic)]
        blocks += [passages.LIMITS, passages.limits(topic)]
        blocks += [passages.NEXT, passages.next_step(topic)]
    return "\n\n".join(blocks)


def improves(task: str) -> bool:
    """True when the polished answer to a task says more than its draft."""
    return compose(task, polished=True) != compose(task, polished=False)


def _summary(topic: Topic) -> str:
    """The first sentence of each part of the given text: a summary that adds nothing."""
    _, _, text = topic.task.partition("\n")
    sentences = [s.strip(" -*#\t") for s in _SENTENCE.split(text or topic.task)]
    sentences = [s for s in sentences if len(s.split()) > 2]
    stride = max(1, len(sentences) // _SUMMARY_POINTS)
    points = "\n".join(f"- {s}" for s in sentences[::stride][:_SUMMARY_POINTS])
    words = len(topic.task.split())
    return f"## Summary\n\nThe text has {words:,} words. Its main points, in order:\n\n{points}"
