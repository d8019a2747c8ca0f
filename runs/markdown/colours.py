"""The colours of code: a few classes, made by Pygments in bounded time."""

import time
from collections.abc import Iterable
from functools import lru_cache

from django.utils.html import escape
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Operator, String
from pygments.token import _TokenType as TokenType

MOST_CHARACTERS = 20_000
LONGEST_LINE = 2000
CPU_S = 0.1
LOOK_EVERY = 256
# The first that contains a token's type says its class.
CLASSES = (
    (Comment, "c1"),
    (String, "s1"),
    (Literal.Date, "s1"),
    (Number, "n1"),
    (Keyword, "k1"),
    (Operator.Word, "k1"),
    (Name.Tag, "k1"),
    (Name.Function, "f1"),
    (Name.Class, "f1"),
    (Name.Decorator, "f1"),
    (Name.Builtin, "f1"),
    (Name.Attribute, "f1"),
    (Name.Variable, "n1"),
    (Generic.Inserted, "g1"),
    (Generic.Deleted, "x1"),
    (Generic.Heading, "k1"),
    (Generic.Subheading, "k1"),
    (Generic.Output, "c1"),
)
OPTIONS = {"php": {"startinline": True}}


@lru_cache(maxsize=64)
def coloured(code: str, lexer: str) -> tuple[str, int] | None:
    """The code as HTML, and how many coloured parts it has; None where it has to stay plain."""
    if len(code) > MOST_CHARACTERS or max(map(len, code.split("\n"))) > LONGEST_LINE:
        return None
    options = {"stripnl": False, "ensurenl": False, **OPTIONS.get(lexer, {})}
    tokens = get_lexer_by_name(lexer, **options).get_tokens(code)
    parts = _parts(tokens)
    if parts is None:
        return None
    html = "".join(
        f'<span class="{css}">{escape(text)}</span>' if css else escape(text) for css, text in parts
    )
    return html, sum(1 for css, _ in parts if css)


def _parts(tokens: Iterable[tuple[TokenType, str]]) -> list[tuple[str, str]] | None:
    """Neighbours of one class together; None when it takes too long."""
    until = time.thread_time() + CPU_S
    parts: list[tuple[str, str]] = []
    for count, (kind, text) in enumerate(tokens):
        if count % LOOK_EVERY == 0 and time.thread_time() > until:
            return None
        css = _class_of(kind) if text.strip() else ""
        if parts and parts[-1][0] == css:
            parts[-1] = css, parts[-1][1] + text
        else:
            parts.append((css, text))
    return parts


@lru_cache(maxsize=256)
def _class_of(kind: TokenType) -> str:
    return next((css for known, css in CLASSES if kind[: len(known)] == known), "")
