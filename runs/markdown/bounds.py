"""Rendering with bounds: whatever a model wrote costs a fraction of a second and a page's bytes."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it.token import Token

from runs.markdown import clock
from runs.markdown.clock import TooMuch
from runs.markdown.code import with_copy_buttons
from runs.markdown.parser import make_parser
from runs.markdown.sanitiser import sanitised

MOST_CHARACTERS = 400_000
MOST_TOKENS = 60_000
# Tags and escapes make a long answer several times as long; a short one may use what a page may.
LEAST_OUTPUT = 200_000
OUTPUT_TIMES = 6
DEEPEST = 60
# The length of the tags that stand for one token.
TAGS = 16
LONG_TAGS = {
    "footnote_ref": 150,
    "footnote_anchor": 150,
    "task_box": 80,
    "fence": 400,
    "code_block": 400,
    "math_inline": 40,
    "code_inline": 24,
}

Rule = Callable[..., Any]


def render_markdown(text: str, *, unfinished: bool = False) -> SafeString:
    """Markdown as safe HTML: no raw HTML, no images, only links a browser may follow.

    What would pass a bound is shown as it was written.
    """
    # Of a text that is being written, what stays the same has to keep its ids.
    prefix = "live-" if unfinished else f"answer-{digest(text)[:8]}-"
    try:
        html = _bounded(text, {"unfinished": unfinished, "prefix": prefix})
        return with_copy_buttons(sanitised(html, prefix))
    except (TooMuch, RecursionError):
        return _as_written(text)


def digest(text: str) -> str:
    """Identity of a text, whatever characters it has."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _bounded(text: str, env: clock.Env) -> str:
    if len(text) > MOST_CHARACTERS:
        raise TooMuch
    clock.start(env)
    tokens = _parser.parse(text, env)
    _check(tokens, max(LEAST_OUTPUT, OUTPUT_TIMES * len(text)))
    return str(_parser.renderer.render(tokens, _parser.options, env))


def _check(tokens: Sequence[Token], most: int) -> None:
    """Before anything is written: references may make a page of megabytes from one line."""
    depth = length = 0
    for count, token in enumerate(_flat(tokens)):
        depth += token.nesting
        length += LONG_TAGS.get(token.type, TAGS) + len(token.content)
        length += sum(len(str(value)) for value in token.attrs.values())
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
        clock.look(state.env)
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
    core, block, inline = parser.core, parser.block, parser.inline
    for ruler in (core.ruler, block.ruler, inline.ruler, inline.ruler2):
        for rule in ruler.__rules__:
            rule.fn = _timed(rule.fn)
        ruler.__cache__ = None
    return parser


_parser = _watched()
