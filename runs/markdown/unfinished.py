"""A text that is still being written, made whole: no mark is seen before what it marks."""

import re

# A last line that is nothing but the beginning of something.
ONLY_MARKS = re.compile(r"(?:^|\n)[ \t>]*(?:#{1,6}|[-*+=_~`]+|\d{1,9}[.)]?)[ \t]*\Z")
OPEN_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})(?:\](?:\([^()\n]{0,2000})?)?\Z")
FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
TABLE_ROWS = 2  # a header, and the line under it


def made_whole(text: str) -> str:
    """The text with its open marks closed, and without those that mark nothing yet."""
    if len(FENCE.findall(text)) % 2:
        return text  # an open block of code ends by itself
    text = ONLY_MARKS.sub("", text)
    before, block = _last_block(text)
    if block.lstrip().startswith("|"):
        return before + _table(block)
    return before + _closed(OPEN_LINK.sub(r"\1", block))


def _last_block(text: str) -> tuple[str, str]:
    begins = text.rfind("\n\n") + 2 if "\n\n" in text else 0
    return text[:begins], text[begins:]


def _table(block: str) -> str:
    """Whole rows only, once there are enough of them to be a table."""
    rows = block.split("\n")
    if not rows[-1].rstrip().endswith("|"):
        rows.pop()
    begun = len(rows) >= TABLE_ROWS and rows[1].count("|") >= rows[0].count("|")
    return "\n".join(rows) if begun else ""


def _closed(block: str) -> str:
    """The last block with an end for its code, or else for its bold text."""
    line = block.rsplit("\n", 1)[-1]
    if line.count("`") % 2:
        return block[:-1] if block.endswith("`") else block + "`"
    block = re.sub(r"(?<=[\s*])\*{1,2}\Z|(?<=\s)_{1,2}\Z", "", block)
    return block.rstrip() + "**" if block.count("**") % 2 else block
