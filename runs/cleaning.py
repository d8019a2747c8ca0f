"""What is done to a user's text before it is kept: no more than a reader could miss.

Control characters go, but for tab, line feed, carriage return and next line (U+0085), which are
white space. Then the text is brought into Unicode's form NFC. All else stays as it was typed,
characters for writing from right to left too.
"""

import re
import unicodedata
from collections.abc import Iterator

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f]")
# More marks on one letter are left as they are: to put them in order takes a time that grows with
# the square of their number. No language has as many (UAX #15, section 13).
MOST_MARKS = 30


def cleaned(text: str) -> str:
    """The text as it is kept; cleaning it again changes nothing."""
    visible = CONTROLS.sub("", text)
    if visible.isascii():
        return visible
    return "".join(_composed(visible))


def _composed(text: str) -> Iterator[str]:
    start = 0
    for heap in HEAPS.finditer(text):
        yield unicodedata.normalize("NFC", text[start : heap.start()])
        yield heap[0]
        start = heap.end()
    yield unicodedata.normalize("NFC", text[start:])


def _marks() -> str:
    """All characters that stand on the one before them, as the inside of a character class."""
    points = [code for code in range(0x300, 0x20000) if unicodedata.combining(chr(code))]
    return "".join(f"\\U{code:08x}" for code in points)


HEAPS = re.compile(f"[{_marks()}]{{{MOST_MARKS + 1},}}")
