"""A block of code: its language, and its text in colours."""

from collections.abc import MutableMapping
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from runs.markdown import clock
from runs.markdown.colours import coloured
from runs.markdown.languages import language_name, lexer_name

# Coloured parts of one answer: each is an element of the page.
MOST_PARTS = 10_000
# Where a block's head ends and its code begins: a text's own `<` is escaped.
HEAD_ENDS, CODE_BEGINS = "</span>", '</div><pre class="code"'
COPY = (
    '<button class="btn btn-ghost btn-sm needs-script" type="button" data-copy="">'
    '<svg class="i i-sm" aria-hidden="true"><use href="#i-copy"></use></svg>'
    '<span data-label="">Copy</span><span class="sr"> code</span></button>'
)


def add_code(parser: MarkdownIt) -> None:
    """Blocks of code and code in a line, which are read from left to right in any language."""
    parser.add_render_rule("fence", _block)
    parser.add_render_rule("code_block", _block)
    parser.add_render_rule("code_inline", _inline)


def with_copy_buttons(html: SafeString) -> SafeString:
    """Sanitised HTML with a button in the head of each block of code. A text can make none."""
    buttons = html.replace(HEAD_ENDS + CODE_BEGINS, HEAD_ENDS + COPY + CODE_BEGINS)
    return mark_safe(buttons)  # noqa: S308 - sanitised before, and the button is ours


def _block(
    _: object,
    tokens: list,  # type: ignore[type-arg]
    index: int,
    options: object,
    env: MutableMapping[str, Any],
) -> str:
    code, info = tokens[index].content, tokens[index].info
    return str(
        format_html(
            '<div class="code-block"><div class="code-head"><span>{}</span></div>'
            '<pre class="code" dir="ltr" tabindex="0">{}</pre></div>',
            language_name(info),
            mark_safe(_colours(code, info, env)),  # noqa: S308 - escaped there
        )
    )


def _colours(code: str, info: str, env: MutableMapping[str, Any]) -> str:
    lexer = lexer_name(info)
    found = coloured(code, lexer) if lexer and not clock.is_late(env) else None
    parts = env.get("parts", 0) + (found[1] if found else 0)
    if found is None or parts > MOST_PARTS:
        return escape(code)
    env["parts"] = parts
    return found[0]


def _inline(_: object, tokens: list, index: int, *__: object) -> str:  # type: ignore[type-arg]
    return str(format_html('<code dir="ltr">{}</code>', tokens[index].content))
