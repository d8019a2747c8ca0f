"""Names and words of servers, as they can be used here."""

import hashlib
import re
from collections.abc import Iterable, Iterator

MAX_NAME_CHARS = 64
DIGEST_CHARS = 6


def names(server: str, tools: Iterable[str]) -> Iterator[str]:
    """For each tool of a server a name of its own, such as models may call it: `server__tool`.

    One that had to be changed ends with a digest, so that it is never another one's.
    """
    for tool in tools:
        name = f"{server}__{tool}"
        fitting = re.sub(r"[^a-zA-Z0-9_-]", "_", name)
        if fitting == name and len(name) <= MAX_NAME_CHARS:
            yield name
        else:
            digest = hashlib.sha256(tool.encode()).hexdigest()[:DIGEST_CHARS]
            yield f"{fitting[: MAX_NAME_CHARS - DIGEST_CHARS - 1]}_{digest}"


def line(text: str, most: int) -> str:
    """What a server wrote, on one line, without characters that nobody sees, cut."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:most]
