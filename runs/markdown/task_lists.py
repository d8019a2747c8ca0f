"""`- [ ]` and `- [x]` as boxes that show what is done, and can't be ticked."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MARK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
BOXES = {
    False: '<input type="checkbox" disabled aria-label="To do"> ',
    True: '<input type="checkbox" checked disabled aria-label="Done"> ',
}


def add_task_lists(parser: MarkdownIt) -> None:
    """Items that begin with a box."""
    parser.core.ruler.after("inline", "task_lists", _task_lists)
    parser.add_render_rule("task_box", _box)


def _task_lists(state: StateCore) -> None:
    for item, paragraph, text in zip(
        state.tokens, state.tokens[1:], state.tokens[2:], strict=False
    ):
        if (item.type, paragraph.type) == ("list_item_open", "paragraph_open"):
            _put_box(item, text)


def _put_box(item: Token, text: Token) -> None:
    found = MARK.match(text.content)
    words = text.children or []
    if not found or not words or not words[0].content.startswith(found[0]):
        return
    words[0].content = words[0].content[found.end() :]
    text.children = [Token("task_box", "", 0, meta={"done": found[1] != " "}), *words]
    item.attrSet("class", "task")


def _box(_: object, tokens: list, index: int, *__: object) -> str:  # type: ignore[type-arg]
    return BOXES[tokens[index].meta["done"]]
