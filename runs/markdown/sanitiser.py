"""What of an answer's HTML may be shown. A model wrote the text: it is hostile."""

import nh3
from django.utils.safestring import SafeString, mark_safe

# No images: fetching one would tell its host who reads which answer, and when.
TAGS = {
    "p", "br", "hr", "strong", "em", "s", "sup", "code", "pre", "span", "blockquote", "ul", "ol",
    "li", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a", "div",
    "section", "input",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title", "id", "aria-label"}, "ol": {"start"}, "li": {"id"},
    "th": {"align"}, "td": {"align"}, "input": {"checked", "aria-label"},
}  # fmt: skip
DIRECTED = (
    "p", "li", "h3", "h4", "h5", "h6", "blockquote", "table", "td", "pre", "code", "span", "div",
)  # fmt: skip
VALUES = {tag: {"dir": {"auto", "ltr"}} for tag in DIRECTED}
for scrolled in ("div", "pre"):
    VALUES[scrolled]["tabindex"] = {"0"}
CLASSES = {
    "div": {"scroll-x", "code-block", "code-head", "math"},
    "pre": {"code"},
    "span": {"math", "k1", "s1", "c1", "n1", "f1", "g1", "x1"},
    "li": {"task"},
    "section": {"notes"},
}
# Whatever it was, it is a box that nobody can tick.
FORCED = {"input": {"type": "checkbox", "disabled": ""}}
SCHEMES = {"http", "https", "mailto"}


def sanitised(html: str, prefix: str) -> SafeString:
    """Only the tags, classes and links that an answer may have; its ids begin with the prefix."""
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        tag_attribute_values=VALUES,
        set_tag_attribute_values=FORCED,
        allowed_classes=CLASSES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        id_prefix=prefix,
    )
    return mark_safe(clean)  # noqa: S308 - sanitised above
