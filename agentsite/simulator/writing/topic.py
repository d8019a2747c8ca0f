"""What a task is about, read from its own words, for a search or a heading."""

import re

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
_SUMMARY = re.compile(r"\b(summari[sz]e|tl;?dr|key points)\b", re.IGNORECASE)
_SUBJECT_CHARS = 70
_SUMMARY_FROM_CHARS = 200


def is_summary(task: str) -> bool:
    """True when the task brings a text to be made shorter."""
    return bool(_SUMMARY.search(task[:200])) and len(task) > _SUMMARY_FROM_CHARS


def subject_of(task: str) -> str:
    """The task's first sentence without what only asks for it."""
    line = next((line.strip() for line in task.splitlines() if line.strip()), "this task")
    sentence = re.split(r"(?<=[a-z0-9)])[.?!:;](?:\s|$)", line, maxsplit=1)[0].strip(" .?!\"'")
    shortened = _VERB.sub("", _POLITE.sub("", sentence))
    previous = ""
    while shortened != previous:
        previous = shortened
        shortened = _JOINING.sub("", _FILLER.sub("", shortened))
    shortened = shortened or sentence or "this task"
    if len(shortened) > _SUBJECT_CHARS:
        shortened = shortened[:_SUBJECT_CHARS].rsplit(" ", 1)[0].rstrip(",;:-")
    return shortened
