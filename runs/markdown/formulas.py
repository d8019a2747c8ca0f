"""LaTeX, shown apart from the text as it was written: nothing in it is Markdown, no price is it."""

import re

from django.utils.html import format_html
from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

MOST_LINES = 100
CLOSINGS = {"$$": "$$", "\\[": "\\]"}
# A dollar sign beside a space, or beside a word or figure outside of it, is money.
INLINE = {
    "$$": re.compile(r"\$\$((?:[^$\\]|\\.){1,1000})\$\$", re.DOTALL),
    "\\[": re.compile(r"\\\[((?:[^\\]|\\(?!\]).){1,1000})\\\]", re.DOTALL),
    "\\(": re.compile(r"\\\(((?:[^\\]|\\(?!\)).){1,1000})\\\)", re.DOTALL),
    "$": re.compile(r"(?<![\w$])\$(?![\s$])((?:[^$\\]|\\.){1,500})(?<!\s)\$(?![\w$])", re.DOTALL),
}
SIGNS = re.compile(r"[\\^_={}]")
WORD = re.compile(r"(?:^|\s)[^\W\d_]{2,}(?=[\s,.;:]|$)")


def add_formulas(parser: MarkdownIt) -> None:
    r"""`$…$`, `$$…$$`, `\(…\)` and `\[…\]`."""
    parser.inline.ruler.before("escape", "math_inline", _inline)
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("fence", "math_block", _block, interrupts)
    parser.add_render_rule("math_inline", _inline_html)
    parser.add_render_rule("math_block", _block_html)


def is_about_money(tex: str) -> bool:
    """True for the words between two prices, as `5, not 10` of “$5, not 10$”."""
    return tex[0].isdigit() and not SIGNS.search(tex) and bool(WORD.search(tex))


def _inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    mark = state.src[state.pos : state.pos + 2]
    rule = INLINE.get(mark) or INLINE.get(mark[0])
    found = rule.match(state.src, state.pos, state.posMax) if rule else None
    if not found or not found[1].strip() or (mark[0] == "$" and is_about_money(found[1])):
        return False
    if not silent:
        state.push("math_inline", "", 0).content = found[1].strip()
    state.pos = found.end()
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _last_line(state: StateBlock, start: int, end: int, closing: str) -> int | None:
    """The line that ends with the closing mark; None when it isn't a block of its own."""
    for number in range(start, min(end, start + MOST_LINES)):
        text = _line(state, number)
        text = text[2:] if number == start else text
        if number > start and (not text or state.sCount[number] < state.blkIndent):
            return None
        if closing in text:
            return number if text.find(closing) == len(text) - 2 else None
    return None


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    closing = CLOSINGS.get(_line(state, start)[:2])
    if closing is None or state.is_code_block(start):
        return False
    last = _last_line(state, start, end, closing)
    if last is None:
        return False
    content = state.getLines(start, last + 1, state.blkIndent, False).strip()[2:-2].strip()
    if not content:
        return False
    if not silent:
        state.line = last + 1
        state.push("math_block", "", 0).content = content
    return True


def _inline_html(_: object, tokens: list, index: int, *__: object) -> str:  # type: ignore[type-arg]
    return str(format_html('<span class="math" dir="ltr">{}</span>', tokens[index].content))


def _block_html(_: object, tokens: list, index: int, *__: object) -> str:  # type: ignore[type-arg]
    return str(format_html('<div class="math" dir="ltr">{}</div>', tokens[index].content))
