"""A text that is still being written, made whole: no mark is seen before what it marks."""

import re

# A last line that is nothing but the beginning of something.
ONLY_MARKS = re.compile(
    r"(?:^|\n)[ \t>]*(?:#{1,6}|[-*+=_~`]+|\d{1,9}[.)]?|[-*+][ \t]+\[[ xX]?\]?|"
    r"\[\^[^\]\s]{0,60}(?:\]:?)?)[ \t]*\Z"
)
OPEN_NOTE = re.compile(r"\[\^[^\]\s]{0,60}\Z")
LONGEST_NOTE = 62
OPEN_LINK = re.compile(r"!?\[(?!\^)([^\[\]\n]{0,300})(?:\](?:\([^()\n]{0,2000})?)?\Z")
LONGEST_LINK = 2400
# A fence whose language is still being written, or one that is about to end.
PART_OF_FENCE = re.compile(r"(?:^|\n) {0,3}(?:`{1,3}|~{1,3})[^\n`]{0,60}\Z")
# Emphasis that nothing follows yet, that lacks half of its end, or all of it.
BEGUN = re.compile(r"(?:(?<=\s)|\A)(?:\*{1,3}|_{1,3}|~{1,2})\Z")
HALF_ENDED = re.compile(r"(\*\*[^*\n]{1,300})\*\Z|(~~[^~\n]{1,300})~\Z")
OPEN_EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=[^\s*])[^*\n]{1,300}\Z")
LONGEST_EMPHASIS = 304
MATH_SIGN = re.compile(r"[\\^_={}]")
FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
TABLE_ROWS = 2  # a header, and the line under it


def made_whole(text: str) -> str:
    """The text with its open marks closed, and without those that mark nothing yet."""
    if len(FENCE.findall(text)) % 2:
        return _last_line_without(PART_OF_FENCE, text)  # an open block of code ends by itself
    text = _last_line_without(ONLY_MARKS, text)
    before, block = _last_block(text)
    if block.lstrip().startswith("|"):
        return before + _table(block)
    block = _end_replaced(OPEN_NOTE, "", block, LONGEST_NOTE)
    block = _end_replaced(OPEN_LINK, r"\1", block, LONGEST_LINK)
    return before + _closed(_formula(block))


def _last_line_without(pattern: re.Pattern[str], text: str) -> str:
    return _end_replaced(pattern, "", text, len(text) - max(0, text.rfind("\n")))


def _end_replaced(pattern: re.Pattern[str], by: str, text: str, longest: int) -> str:
    """The text with its end replaced. A search from its beginning would try every mark in it."""
    at = max(0, len(text) - longest)
    return text[:at] + pattern.sub(by, text[at:])


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
    """The last block with an end for its code, or else for its emphasis."""
    line = block.rsplit("\n", 1)[-1]
    if line.count("`") % 2:
        return block[:-1] if block.endswith("`") else block + "`"
    block = _end_replaced(BEGUN, "", block, LONGEST_EMPHASIS)
    block = _end_replaced(HALF_ENDED, r"\1\2", block, LONGEST_EMPHASIS)
    if _end_replaced(OPEN_EMPHASIS, "", block, LONGEST_EMPHASIS) != block:
        block = block.rstrip() + "*"
    for mark in ("~~", "**"):
        if block.count(mark) % 2:
            block = block.rstrip() + mark
    return block
