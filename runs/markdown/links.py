"""Addresses that a text names become links: http, https and e-mail."""

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_core.linkify import linkify

from runs.markdown import clock

# A search can't be interrupted: a longer paragraph keeps its addresses as text.
MOST_CHARACTERS = 20_000


def add_links(parser: MarkdownIt) -> None:
    """Bare addresses. A name such as `main.rs` is none."""
    finder = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": True, "fuzzy_ip": False})
    parser.linkify = finder.add("ftp:", None).add("//", None)
    parser.options["linkify"] = True
    parser.enable("linkify")
    parser.core.ruler.at("linkify", _one_block_at_a_time)


def _one_block_at_a_time(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and len(token.content) <= MOST_CHARACTERS:
            clock.look(state.env)
            block = StateCore("", state.md, state.env, [token])
            linkify(block)
