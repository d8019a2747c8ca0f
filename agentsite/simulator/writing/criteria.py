"""The criteria by which a prompt wants a text judged."""

import re

_CRITERIA = re.compile(r"<criteria>\s*(.*?)\s*</criteria>", re.DOTALL)
_CRITERION = re.compile(r"^[-*] +(.+)$", re.MULTILINE)


def listed(text: str) -> list[str]:
    """Their names, in their order; none where the prompt lists none."""
    found = _CRITERIA.search(text)
    return _CRITERION.findall(found[1]) if found else []
