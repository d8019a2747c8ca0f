"""Rendering with bounds: whatever a model wrote costs a fraction of a second and a page's bytes."""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it.token import Token

from runs.markdown.parser import make_parser, sanitised

MOST_CHARACTERS = 400_000
MOST_TOKENS = 60_000
# Tags and escapes make a long answer several times as long; a short one may use what a page may.
LEAST_OUTPUT = 200_000
OUTPUT_TIMES = 6
DEEPEST = 60
CPU_S = 0.5
# The length of the tags that stand for one token.
TAGS = 16

Rule = Callable[..., Any]


class TooMuch(Exception):
    """Rendering would pass a bound; how far it came is of no use."""


def render_markdown(text: str) -> SafeString:
    """Markdown as safe HTML: no raw HTML, no images, only links a browser may follow.

    What would pass a bound is shown as it was written.
    """
    try:
        return sanitised(_bounded(text))
    except (TooMuch, RecursionError):
        return _as_written(text)


def _bounded(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise TooMuch
    # The time of this thread alone: a busy machine makes no answer plain.
    env = {"until": time.thread_time() + CPU_S}
    tokens = _parser.parse(text, env)
    _check(tokens, max(LEAST_OUTPUT, OUTPUT_TIMES * len(text)))
    return str(_parser.renderer.render(tokens, _parser.options, env))


def _check(tokens: Sequence[Token], most: int) -> None:
    """Before anything is written: references may make a page of megabytes from one line."""
    depth = length = 0
    for count, token in enumerate(_flat(tokens)):
        depth += token.nesting
        length += TAGS + len(token.content) + sum(len(str(v)) for v in token.attrs.values())
        if depth > DEEPEST or length > most or count > MOST_TOKENS:
            raise TooMuch


def _flat(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        if token.children:
            yield from token.children
        else:
            yield token


def _timed(rule: Rule) -> Rule:
    @wraps(rule)
    def within_time(state: Any, *arguments: Any) -> Any:
        if time.thread_time() > state.env["until"]:
            raise TooMuch
        return rule(state, *arguments)

    return within_time


def _as_written(text: str) -> SafeString:
    shown = text[:MOST_CHARACTERS]
    rest = len(text) - len(shown)
    note = "Shown as it was written: it is too long or too deeply nested to be laid out."
    if rest:
        note += f" The last {rest:,} characters are only in its copy and in the API."
    html = format_html(
        '<p class="small muted">{}</p><pre class="code code-wrap" dir="auto">{}</pre>', note, shown
    )
    return mark_safe(html)  # noqa: S308 - escaped above


def _watched() -> Any:
    """The parser with a look at the clock before each rule that is tried anywhere in a text."""
    parser = make_parser()
    for ruler in (parser.block.ruler, parser.inline.ruler, parser.inline.ruler2):
        for rule in ruler.__rules__:
            rule.fn = _timed(rule.fn)
        ruler.__cache__ = None
    return parser


_parser = _watched()
