"""What a rule of a dialect is: the refusal that teaches it, and how it changes a request."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]
Change = Callable[[Body], Body]

# Words with which a parameter, a role or a keyword is turned down.
TURNED_DOWN = (
    r"unsupported|not \w* ?support|n.t support|unrecogni[sz]ed|unknown|unexpected|not permitted"
    r"|extra inputs|extra_forbidden|extra fields|not allowed|invalid (?!request)|not enabled"
    r"|not available|unavailable|not accept|not exist|not implemented|not compatible|incompatible"
    r"|remove|no endpoints|不支持|有误|无效|非法"
)
# Nothing in here was turned down: the rest of a sentence that says what is taken, and what was sent
# as a validator repeats it.
TAKEN = re.compile(
    r"[\"']input[\"']: ?\{[^}]*|(?:expected one of"
    r"|\b(?:supported|allowed|accepted|valid|available) \w+(?: are| include)?:)[^.;\n]*",
    re.IGNORECASE,
)
# 404 where a gateway finds no endpoint that takes the parameter, 5xx where a chat template fails.
STATUSES = frozenset({400, 404, 422, 500, 501})


@dataclass(frozen=True, slots=True)
class Rule:
    """`refused` finds the refusal in the provider's words; `change` is pure, and copies.

    `sentence` tells people what the endpoint wants.
    """

    name: str
    sentence: str
    refused: re.Pattern[str]
    change: Change


def said(pattern: str) -> re.Pattern[str]:
    """Finds these words, however they are written."""
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


def turned_down(what: str) -> re.Pattern[str]:
    """Finds that this was turned down, in whichever order it is said."""
    return said(rf"^(?=.*(?:{what}))(?=.*(?:{TURNED_DOWN}))")
