"""What differs between two texts, line by line."""

from runs.engine.edits import parts
from runs.engine.tools.tool import ToolError

MAX_LINES = 20_000
MAX_EDITS = 300


def diff(old: str, new: str) -> str:
    """The lines that were taken away (-) and added (+), each block under its place (@).

    Empty where there are none. Raises `ToolError` for texts of too many lines.
    """
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > MAX_LINES:
        raise ToolError(f"A diff takes at most {MAX_LINES:,} lines.")
    lines: list[str] = []
    at = 1
    for equal, taken, added in parts(before, after, MAX_EDITS):
        if not equal:
            lines += [
                f"@ line {at}",
                *(f"- {one}" for one in taken),
                *(f"+ {one}" for one in added),
            ]
        at += len(taken)
    return "\n".join(lines)
