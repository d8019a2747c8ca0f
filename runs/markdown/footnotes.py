"""Footnotes: a number that leads to its note, and from the note back to the number."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.footnote import footnote_plugin

# While a text is written, its notes are still to come.
REFERENCE = re.compile(r"\[\^([^\s\[\]]{1,20})\]")


def add_footnotes(parser: MarkdownIt) -> None:
    """`[^1]` and its `[^1]: note`. The ids are made the page's only ones by the sanitiser."""
    footnote_plugin(parser, inline=False)
    parser.inline.ruler.after("footnote_ref", "note_to_come", _note_to_come)
    parser.add_render_rule("note_to_come", _number)
    parser.add_render_rule("footnote_ref", _reference)
    parser.add_render_rule("footnote_block_open", _open_notes)
    parser.add_render_rule("footnote_block_close", _close_notes)
    parser.add_render_rule("footnote_open", _open_note)
    parser.add_render_rule("footnote_close", _close_note)
    parser.add_render_rule("footnote_anchor", _way_back)


def _note_to_come(state: StateInline, silent: bool) -> bool:
    if not state.env["unfinished"] or state.src[state.pos] != "[":
        return False
    found = REFERENCE.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        state.push("note_to_come", "", 0).content = found[1]
    state.pos = found.end()
    return True


def _number(_: object, tokens: list, index: int, *__: object) -> str:  # type: ignore[type-arg]
    return str(format_html("<sup>{}</sup>", tokens[index].content))


def _reference(
    _: object,
    tokens: list,  # type: ignore[type-arg]
    index: int,
    options: object,
    env: Mapping[str, Any],
) -> str:
    meta = tokens[index].meta
    number = meta["id"] + 1
    # The way back leads to the first of them.
    name = "" if meta["subId"] else format_html(' id="ref-{}"', number)
    return str(
        format_html(
            '<sup><a href="#{}note-{}"{} aria-label="Footnote {}">{}</a></sup>',
            env["prefix"],
            number,
            name,
            number,
            number,
        )
    )


def _open_notes(*_: object) -> str:
    return '<section class="notes"><ol>'


def _close_notes(*_: object) -> str:
    return "</ol></section>"


def _open_note(_: object, tokens: list, index: int, *__: object) -> str:  # type: ignore[type-arg]
    return str(format_html('<li id="note-{}" dir="auto">', tokens[index].meta["id"] + 1))


def _close_note(*_: object) -> str:
    return "</li>"


def _way_back(
    _: object,
    tokens: list,  # type: ignore[type-arg]
    index: int,
    options: object,
    env: Mapping[str, Any],
) -> str:
    meta = tokens[index].meta
    if meta["subId"]:
        return ""
    number = meta["id"] + 1
    return str(
        format_html(
            ' <a href="#{}ref-{}" aria-label="Back to reference {}">↩\ufe0e</a>',
            env["prefix"],
            number,
            number,
        )
    )
