"""A text that is still being written, made whole: no mark is seen before what it marks."""

import re

# A last line that is nothing but the beginning of something.
ONLY_MARKS = re.compile(
    r"(?:^|\n)[ \t>]*(?:#{1,6}|[-*+=_~`]+|\d{1,9}[.)]?|[-*+][ \t]+\[[ xX]?\]?|"
    r"\[\^[^\]\s]{0,60}(?:\]:?)?)[ \t]*\Z"
)
OPEN_NOTE = re.compile(r"\[\^[^\]\s]{0,60}\Z")
OPEN_LINK = re.compile(r"!?\[(?!\^)([^\[\]\n]{0,300})(?:\](?:\([^()\n]{0,2000})?)?\Z")
# A fence whose language is still being written, or one that is about to end.
PART_OF_FENCE = re.compile(r"(?:^|\n) {0,3}(?:`{1,3}|~{1,3})[^\n`]{0,60}\Z")
MATH_SIGN = re.compile(r"[\\^_={}]")
FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
TABLE_ROWS = 2  # a header, and the line under it


def made_whole(text: str) -> str:
    """The text with its open marks closed, and without those that mark nothing yet."""
    if len(FENCE.findall(text)) % 2:
        return PART_OF_FENCE.sub("", text)  # an open block of code ends by itself
    text = ONLY_MARKS.sub("", text)
    before, block = _last_block(text)
    if block.lstrip().startswith("|"):
        return before + _table(block)
    block = OPEN_LINK.sub(r"\1", OPEN_NOTE.sub("", block))
    return before + _closed(_formula(block))


def _formula(block: str) -> str:
    """The block with an end for its formula, and without a mark that begins none yet."""
    if "`" in block:
        return block
    block = re.sub(r"(?<![\\$])(?:\\|\$)\Z", "", block)
    for opening, closing in (("\\(", "\\)"), ("\\[", "\\]")):
        if block.rfind(opening) > block.rfind(closing):
            return _ended(block, opening, closing)
    if block.count("$$") % 2:
        return _ended(block, "$$", "$$")
    before, dollar, tex = block.rpartition("$")
    if dollar and before.count("$") % 2 == 0 and MATH_SIGN.search(tex) and not tex[:1].isspace():
        return block.rstrip() + "$"
    return block


def _ended(block: str, opening: str, closing: str) -> str:
    at = block.rfind(opening)
    return block.rstrip() + closing if block[at + 2 :].strip() else block[:at]


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
