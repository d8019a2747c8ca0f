"""What a task is about and what it asks for, read from its own words."""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

Kind = Literal["compare", "steps", "document", "summary", "explain"]

_POLITE = re.compile(
    r"^(?:please|kindly|hi|hello|hey|can you|could you|would you|i want you to|i need you to|"
    r"i need|help me(?: to)?|let's)[,\s]+",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"^(?:write|draft|create|compose|prepare|produce|give|make|explain|describe|define|tell me|"
    r"discuss|outline|list|suggest|propose|summari[sz]e|plan|design|research|search|find|look up|"
    r"review|improve|show|teach|analy[sz]e|compare|what (?:is|are|does|do)|who (?:is|are)|"
    r"how (?:do|does|can|should|to|would|is|are)|why (?:do|does|is|are|should)|"
    r"when (?:should|do|does|is))\s+",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"^(?:me|us|i|we|you|one|for|to|about|on|the web for|an?|the|some|short|brief|quick|simple|"
    r"detailed|concise|one-page|friendly|clear|\d+-\w+|paragraph|essay|text|guide|article|report|"
    r"introduction|overview|note|memo|email|letter|summary|list|plan|proposal|explanation|post|"
    r"blog)\s+(?=\S)",
    re.IGNORECASE,
)
_JOINING = re.compile(r"^(?:of|to|on|about|for|that|explaining|describing)\s+", re.IGNORECASE)
_COMPARED = re.compile(
    r"(?:compare|between|choose|prefer|use|or)?\s*(?P<a>[^,.?:;]{2,60}?)\s+"
    r"(?:vs\.?|versus|or|and|with|against|compared (?:to|with))\s+(?P<b>[^,.?:;]{2,60})",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\b(?:about|on|explaining|describing|regarding)\s+(?:the\s+)?(.{4,})$", re.I)
_ASKING = frozenset({"Should", "Is", "Are", "Do", "Does", "Can", "Could", "Which", "Who", "Where"})
_CHOICE = re.compile(
    r"\b(compare|versus|vs\.?|difference between|better:|trade-?offs between)\b|"
    r"\b(choose|prefer|pick|use) .{2,60} or ",
)
_BEFORE_PAIR = re.compile(
    r"^.*?\b(?:compare|difference between|trade-?offs between|better:|choose|prefer|pick|use)\s+",
    re.IGNORECASE,
)
_TITLE_CHARS = 70


@dataclass(frozen=True, slots=True)
class Topic:
    """A task's subject, its kind, and the task itself, which decides all choices."""

    name: str
    kind: Kind
    pair: tuple[str, str]
    task: str

    @property
    def title(self) -> str:
        """The subject, as a heading."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def mention(self) -> str:
        """The subject inside a sentence: its name where that is a noun, else a pointer to it."""
        if self.kind == "steps":
            return "this task"
        if self.kind == "compare":
            return "this choice"
        return "this question" if self.name.split()[0].title() in _ASKING else self.name

    def pick(self, part: str, options: tuple[str, ...]) -> str:
        """One of the options for a part of the answer, the same at every request."""
        digest = blake2b(f"{self.task}\n{part}".encode(), digest_size=1).digest()
        return options[digest[0] % len(options)]


def read_topic(task: str) -> Topic:
    """Read a task's subject and kind."""
    kind = _kind(task)
    pair = _pair(task) if kind == "compare" else None
    if kind == "compare" and pair is None:
        kind = "explain"
    name = _subject(task)
    if kind == "document" and (about := _ABOUT.search(name)):
        name = about[1]
    return Topic(name, kind, pair or ("", ""), task)


def _kind(task: str) -> Kind:
    start = task.lower()[:200]
    if _CHOICE.search(start):
        return "compare"
    if re.search(r"\b(summari[sz]e|tl;?dr|key points)\b", start) and len(task) > 200:
        return "summary"
    if re.search(r"\b(how (do|can|should|to|would)|steps|plan|checklist|roadmap)\b", start):
        return "steps"
    if re.search(r"\b(write|draft|compose|proposal|guide|memo|email|letter|article)\b", start):
        return "document"
    return "explain"


def _subject(task: str) -> str:
    line = next((line.strip() for line in task.splitlines() if line.strip()), "this task")
    sentence = re.split(r"(?<=[a-z0-9)])[.?!:;](?:\s|$)", line, maxsplit=1)[0].strip(" .?!\"'")
    shortened = _VERB.sub("", _POLITE.sub("", sentence))
    previous = ""
    while shortened != previous:
        previous = shortened
        shortened = _JOINING.sub("", _FILLER.sub("", shortened))
    shortened = shortened or sentence or "this task"
    if len(shortened) > _TITLE_CHARS:
        shortened = shortened[:_TITLE_CHARS].rsplit(" ", 1)[0].rstrip(",;:-")
    if shortened.split()[0] in _ASKING:
        return shortened[0].lower() + shortened[1:]
    return shortened


def _pair(task: str) -> tuple[str, str] | None:
    text = _BEFORE_PAIR.sub("", task)
    found = _COMPARED.search(text)
    if found is None:
        return None
    second = re.split(r"\s+(?:for|in|when|on|with|as|under|given)\s+", found["b"], maxsplit=1)[0]
    return found["a"].strip(), second.strip(" .?!")
