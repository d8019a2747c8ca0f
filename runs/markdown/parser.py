"""The parser, and what of its HTML may be shown. A model wrote the text: it is hostile."""

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# No images: fetching one would tell its host who reads which answer, and when.
TAGS = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a", "div",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"}, "ol": {"start"}, "div": {"tabindex"},
    "th": {"align"}, "td": {"align"},
}  # fmt: skip
CLASSES = {"div": {"scroll-x"}, "pre": {"code"}}
SCHEMES = {"http", "https", "mailto"}
HEADINGS_DOWN = 2  # the page has the h1, the card the h2


def _lower_headings(state: object) -> None:
    """The levels that a text uses, in their order and none skipped, below the page's own."""
    above: list[int] = []
    for token in state.tokens:  # type: ignore[attr-defined]
        if token.type == "heading_open":
            level = int(token.tag[1])
            above = [*(known for known in above if known < level), level]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, len(above) + HEADINGS_DOWN)}"


def _align_cells(state: object) -> None:
    """A column's alignment as an attribute: the CSP allows no inline style."""
    for token in state.tokens:  # type: ignore[attr-defined]
        if token.type in ("th_open", "td_open") and "style" in token.attrs:
            token.attrs = {"align": token.attrs["style"].removeprefix("text-align:")}


def _open_table(*_: object) -> str:
    return '<div class="scroll-x" tabindex="0"><table>'


def _close_table(*_: object) -> str:
    return "</table></div>"


def _image_as_words(renderer: object, tokens: list, index: int, *_: object) -> str:  # type: ignore[type-arg]
    return str(format_html("[image: {}]", tokens[index].content))


def _fence(renderer: object, tokens: list, index: int, *_: object) -> str:  # type: ignore[type-arg]
    return str(format_html('<pre class="code">{}</pre>', tokens[index].content))


def make_parser() -> MarkdownIt:
    """CommonMark with tables and struck text, without raw HTML."""
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("lower_headings", _lower_headings)
    parser.core.ruler.push("align_cells", _align_cells)
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    parser.add_render_rule("image", _image_as_words)
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("code_block", _fence)
    return parser


def sanitised(html: str) -> SafeString:
    """Only the tags, classes and links that an answer may have."""
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        allowed_classes=CLASSES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - sanitised above
