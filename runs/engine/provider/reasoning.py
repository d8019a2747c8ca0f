"""Which models bill hidden reasoning as output, and how much room it needs."""

import re

# Hidden reasoning counts against the cap, which has to be so many times higher. Without a wish, a
# model thinks as with medium effort.
FACTORS = {
    "none": 1,
    "minimal": 2,
    "low": 2,
    "": 4,
    "medium": 4,
    "high": 8,
    "xhigh": 12,
    "max": 16,
}
REASONS = re.compile(r"(^|[/:])(o\d|gpt-[5-9](?!.*chat)|deepseek-r|gpt-oss|qwq)", re.IGNORECASE)
# They think whatever is wished.
ALWAYS = re.compile(r"(^|[/:])(o\d|deepseek-r|gpt-oss|qwq)", re.IGNORECASE)
PLAIN = re.compile(r"(^|[/:])(gpt-[34]|chatgpt)", re.IGNORECASE)


def is_plain(model: str) -> bool:
    """True for models that are known to take neither an effort nor a verbosity."""
    return PLAIN.search(model) is not None


def reasons(model: str, effort: str = "") -> bool:
    """True for models that bill hidden reasoning as output, as far as name and effort tell."""
    asked = effort not in ("", "none") and not is_plain(model)
    return asked or REASONS.search(model) is not None


def cap_factor(model: str, effort: str = "") -> int:
    """How many times higher the model's output cap has to be for the same answer."""
    if not reasons(model, effort):
        return 1
    least = FACTORS["low"] if ALWAYS.search(model) else 1
    return max(least, FACTORS[effort])


def calmed(effort: str) -> str:
    """The effort of a call that has little money or time left."""
    return "medium" if FACTORS[effort] > FACTORS["medium"] else effort
