"""Each part of a text is read from the side where its own language begins."""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

# What holds text; a paragraph right inside of one of them goes its way.
HOLDERS = {"list_item_open", "blockquote_open", "footnote_reference_open"}
BLOCKS = {*HOLDERS, "paragraph_open", "heading_open", "table_open", "td_open"}


def add_directions(parser: MarkdownIt) -> None:
    """`dir="auto"` for paragraphs, headings, items, quotes and cells."""
    parser.core.ruler.after("inline", "directions", _directions)


def _directions(state: StateCore) -> None:
    around: list[str] = []
    for token in state.tokens:
        if token.nesting < 0:
            around.pop()
        inside = around[-1] if around else ""
        if token.type in BLOCKS and not (token.type == "paragraph_open" and inside in HOLDERS):
            token.attrSet("dir", "auto")
        if token.nesting > 0:
            around.append(token.type)
