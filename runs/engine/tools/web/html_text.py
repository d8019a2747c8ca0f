"""The text of a web page, without its markup. Takes time in proportion to the page."""

import html
import re

# A longer tag is taken to end at its first “>”, so that no page makes this slow.
MAX_TAG_CHARS = 1024
TAG = re.compile(r"""</?([a-zA-Z][^\s/>]*+)(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
HIDDEN = (
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "iframe",
    "object",
    "textarea",
    "select",
)
BLOCKS = re.compile(
    "address|article|aside|blockquote|br|d[dlt]|div|fieldset|figcaption|figure|footer|form|h[1-6r]"
    "|header|li|main|nav|ol|p|pre|section|table|tbody|thead|tr|ul"
)
ENDS = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in (*HIDDEN, "title")}
CELLS = ("td", "th")


def page_text(page: str) -> tuple[str, str]:
    """The title and the text of an HTML page."""
    parts: list[str] = []
    title = ""
    place = 0
    while (start := page.find("<", place)) != -1:
        parts.append(page[place:start])
        name, place = _markup(page, start)
        if name == "":
            parts.append("<")
        elif name in ENDS:
            end = _end(page, place, name)
            if name == "title" and not title:
                title = _plain(page[place:end])
            place = end
        elif BLOCKS.fullmatch(name):
            parts.append("\n")
        elif name in CELLS:
            parts.append(" \t")
    parts.append(page[place:])
    return title, _lines("".join(parts))


def _markup(page: str, start: int) -> tuple[str, int]:
    """The name of the tag that opens or closes here, and where it ends; empty: it is text."""
    if page.startswith("<!--", start):
        return "!", _after(page, "-->", start)
    if page.startswith(("<!", "<?"), start):
        return "!", _after(page, ">", start)
    if found := TAG.match(page, start, start + MAX_TAG_CHARS):
        closes = page.startswith("/", start + 1)
        name = found[1].lower()
        return ("!" if closes and name in ENDS else name), found.end()
    if page[start + 1 : start + 2].isalpha():
        return "!", _after(page, ">", start)
    return "", start + 1


def _after(page: str, mark: str, start: int) -> int:
    found = page.find(mark, start)
    return len(page) if found == -1 else found + len(mark)


def _end(page: str, place: int, name: str) -> int:
    found = ENDS[name].search(page, place)
    return found.start() if found else len(page)


def _plain(text: str) -> str:
    return " ".join(html.unescape(text).split())


def _lines(text: str) -> str:
    lines = [" ".join(line.split()) for line in html.unescape(text).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
