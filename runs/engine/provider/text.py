"""Text that comes in pieces, clean as it comes in: what is stored and shown later can hold it."""

HIGH = ("\ud800", "\udbff")


class Text:
    """Joins halves of surrogate pairs across pieces, and drops NUL. Half pairs become U+FFFD."""

    __slots__ = ("_half", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._half = ""

    def add(self, piece: str) -> str:
        """Take in a piece; return what of the text is certain with it."""
        if self._half or not piece.isascii():
            piece = self._joined(piece)
        if "\x00" in piece:
            piece = piece.replace("\x00", "")
        self._pieces.append(piece)
        return piece

    def __str__(self) -> str:
        return "".join(self._pieces) + ("\ufffd" if self._half else "")

    def _joined(self, piece: str) -> str:
        piece, self._half = self._half + piece, ""
        if HIGH[0] <= piece[-1:] <= HIGH[1]:
            piece, self._half = piece[:-1], piece[-1]
        return cleaned(piece)


def cleaned(text: str) -> str:
    """A text whose half surrogate pairs are joined where two meet, and replaced elsewhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
