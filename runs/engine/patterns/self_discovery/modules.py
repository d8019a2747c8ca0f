"""The reasoning modules of Self-Discovery: ways to think, of which a task needs a few."""

from collections.abc import Iterable

MODULES = {
    "Decomposition": "Break the problem into parts that can be worked out one by one.",
    "Critical thinking": "Question the assumptions, weigh the evidence, and look for gaps.",
    "Creative thinking": "Look for unusual ideas, and combine what is rarely combined.",
    "Systems thinking": "See the parts as one system: what acts on what, with which feedback.",
    "Step by step": "Go from what is given to what is asked in small steps that can be checked.",
    "Constraints": "List the limits, and use them to rule out what can't be.",
    "Comparison": "Name the options and the criteria, and judge each option by each.",
    "Risk analysis": "Ask what can go wrong, how likely and how grave it is, and what prevents it.",
    "Stakeholders": "See the problem as each of those concerned sees it: what they want and fear.",
    "Verification": "Check the result in another way, with special cases or orders of magnitude.",
}
LISTED = "\n".join(f"- {name}: {text}" for name, text in MODULES.items())
_NAMES = {name.casefold(): name for name in MODULES}


def known(name: str) -> str | None:
    """The module of this name, however it is capitalised."""
    return _NAMES.get(" ".join(name.split()).casefold())


def described(chosen: Iterable[tuple[str, str]]) -> str:
    """Modules with a text of each, as a prompt lists them."""
    return "\n".join(f"- {name}: {text}" for name, text in chosen)
