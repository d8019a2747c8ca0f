"""Whatever a model writes, laying it out is short and its HTML is small."""

import time

import pytest

from runs.markdown import render_markdown

LONG_URL = "https://example.org/" + "a" * 4000
BOMBS = {
    "references": f"[a]: {LONG_URL}\n\n" + "[a] " * 18_000,
    "titles of references": f'[a]: /x "{"t" * 4000}"\n\n' + "[b][a]" * 18_000,
    "images by reference": f"[a]: {LONG_URL}\n\n" + "![a] " * 18_000,
    "definitions": "".join(f"[{n}]: /{n}\n" for n in range(20_000)),
    "quotes in quotes": ">" * 50_000 + " deep",
    "lists in lists": "".join("  " * n + "- x\n" for n in range(400)),
    "emphasis": "*a **b " * 20_000 + "c** d*" * 20_000,
    "runs of marks": "*" * 100_000 + "a" + "*" * 100_000,
    "underscores": "a_" * 60_000,
    "strikes": "~~a" * 40_000,
    "open brackets": "[" * 100_000,
    "open images": "![" * 60_000,
    "links that never end": "[a](" * 40_000,
    "destinations": "[a](<b" * 40_000,
    "table": "|a" * 200 + "|\n" + "|-" * 200 + "|\n" + "|x\n" * 3000,
    "wide table": "|" * 20_000 + "\n" + "|-" * 20_000 + "\n" + "|x" * 20_000,
    "entities": "&amp;" * 60_000,
    "quotes to escape": '"&<>' * 60_000,
    "backticks": "".join("e" + "`" * n for n in range(1, 700)),
    "fences": "```\n" * 40_000,
    "angles": "<" * 100_000,
    "escapes": "\\" * 100_001,
    "rules": "***\n" * 40_000,
    "headings": "# a\n" * 40_000,
    "blank": " \n" * 100_000,
    "footnotes": "".join(f"a[^{n}]\n\n[^{n}]: b\n\n" for n in range(15_000)),
    "one footnote": "[^1]: x\n\n" + "[^1] " * 60_000,
    "footnotes in footnotes": "[^1]: " * 20_000 + "x [^1]",
    "open footnotes": "[^1]: x\n\n" + "[^" * 100_000,
    "nested tasks": "".join("  " * n + "- [ ] x\n" for n in range(400)),
    "tasks": "- [ ] a\n" * 50_000,
    "addresses": "http://a.b/ " * 30_000,
    "halves of addresses": "http://" * 40_000,
    "e-mail": ("a@" * 9_999 + "\n\n") * 20,
    "long code": "```python\n" + "a = 1\n" * 60_000 + "```\n",
    "much code": "".join(f"```py\n{f'a = {n}; ' * 200}\n```\n\n" for n in range(100)),
    "code in lines": "`a` " * 50_000,
    "dollars": "$" * 200_000,
    "formulas": "$a$ " * 50_000,
    "open formulas": "\\(" * 100_000,
    "open blocks of formulas": "\\[\n" * 60_000,
    "much text": "word " * 200_000,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_small_and_soon_laid_out(text):
    begun = time.thread_time()
    html = render_markdown(text)
    assert time.thread_time() - begun < 2
    assert len(html.encode()) < 6 * max(len(text), 200_000)


def test_a_bomb_is_shown_as_it_was_written():
    html = render_markdown(BOMBS["references"])
    assert "Shown as it was written" in html
    assert "[a] [a] [a]" in html
    assert "<a " not in html


def test_what_is_shown_as_it_was_written_stays_text():
    html = render_markdown("<script>alert(1)</script>\n" + ">" * 30_000 + BOMBS["references"])
    assert "<script" not in html


def test_a_long_sound_answer_is_laid_out():
    html = render_markdown(
        "## Part\n\nA *fair* text with `code` and [a link](https://x.org).\n\n" * 400
    )
    assert html.count("<h3 ") == 400
    assert "Shown as it was written" not in html
