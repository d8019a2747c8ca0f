"""Which models bill hidden reasoning as output."""

import re

REASONS = re.compile(r"(^|[/:])(o\d|gpt-5(?!.*chat)|deepseek-r|gpt-oss|qwq)", re.IGNORECASE)


def reasons(model: str) -> bool:
    """True for models that bill hidden reasoning as output, as far as their name tells."""
    return REASONS.search(model) is not None
