"""The parser: what of Markdown is read, and how an answer's parts are shown."""

from django.utils.html import format_html
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

from runs.markdown.code import add_code
from runs.markdown.directions import add_directions
from runs.markdown.footnotes import add_footnotes
from runs.markdown.formulas import add_formulas
from runs.markdown.links import add_links
from runs.markdown.task_lists import add_task_lists

HEADINGS_DOWN = 2  # the page has the h1, the card the h2


def _lower_headings(state: StateCore) -> None:
    """The levels that a text uses, in their order and none skipped, below the page's own."""
    above: list[int] = []
    for token in state.tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
            above = [*(known for known in above if known < level), level]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, len(above) + HEADINGS_DOWN)}"


def _align_cells(state: StateCore) -> None:
    """A column's alignment as an attribute: the CSP allows no inline style."""
    for token in state.tokens:
        if token.type in ("th_open", "td_open") and "style" in token.attrs:
            style = str(token.attrs.pop("style"))
            token.attrs["align"] = style.removeprefix("text-align:")


def _open_table(*_: object) -> str:
    return '<div class="scroll-x" tabindex="0"><table dir="auto">'


def _close_table(*_: object) -> str:
    return "</table></div>"


def _image_as_words(renderer: object, tokens: list, index: int, *_: object) -> str:  # type: ignore[type-arg]
    return str(format_html("[image: {}]", tokens[index].content))


def make_parser() -> MarkdownIt:
    """CommonMark, what GitHub added to it, and formulas; without raw HTML."""
    parser = MarkdownIt("commonmark", {"html": False})
    parser.enable(["table", "strikethrough"])
    for add in (add_code, add_formulas, add_footnotes, add_links, add_task_lists, add_directions):
        add(parser)
    parser.core.ruler.push("lower_headings", _lower_headings)
    parser.core.ruler.push("align_cells", _align_cells)
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    parser.add_render_rule("image", _image_as_words)
    return parser
