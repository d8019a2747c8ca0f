"""Text for a terminal: what it would obey instead of showing it is written out."""


def escaped(text: str) -> str:
    r"""The text on one line: ESC as `\x1b`, a line's end as `\n`."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _written_out(one) for one in text)


def escaped_lines(text: str) -> str:
    """The same for text of several lines, which stay apart."""
    return "\n".join(escaped(line) for line in text.split("\n"))


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode()
