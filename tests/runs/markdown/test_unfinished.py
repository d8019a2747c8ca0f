"""While a text is written, no mark is seen before what it marks."""

import re
import time

import pytest

from runs.markdown import render_markdown
from runs.markdown.unfinished import made_whole
from tests.whole_answer import WHOLE_ANSWER

ANSWER = """## The result

It is **339.8**, as `0.17 * 2340` gives; see [the source](https://example.org/a).

1. First *of all*
2. **Second** thing

| a | b |
|---|---|
| x | 1 |

> A quote

```python
x = "**" * 3
```

### End
"""
MARKS = re.compile(r"\$\$|`|\[|\]|\\|\*|~~|- \[|#|\||---")
RAW = re.compile(r"#|\*\*|`|\|---|\]\(|\| a")


def words_of(html: str) -> str:
    without_code = re.sub(r"<(code|pre)[^>]*>.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "", without_code)


@pytest.mark.parametrize("length", range(1, len(ANSWER)))
def test_no_part_of_an_answer_shows_raw_marks(length):
    html = render_markdown(made_whole(ANSWER[:length]))
    assert RAW.search(words_of(html)) is None, html


def shown_words(text: str) -> str:
    """What a reader sees beside code and formulas."""
    html = str(render_markdown(made_whole(text), unfinished=True))
    html = re.sub(
        r'<pre.*?</pre>|<code.*?</code>|<(span|div) class="math".*?</\1>', "", html, flags=re.S
    )
    return re.sub(r"<[^>]+>", "", html)


def test_no_part_of_a_whole_answer_shows_raw_marks():
    lengths = range(1, len(WHOLE_ANSWER) + 1, 3)
    shown = {length: shown_words(WHOLE_ANSWER[:length]) for length in lengths}
    assert {n: words for n, words in shown.items() if MARKS.search(words)} == {}


@pytest.mark.parametrize(
    "text",
    [
        "[^" * 100_000,
        "[" * 200_000,
        "[a](b" * 40_000,
        "*a " * 70_000,
        "$x^2 " * 40_000,
        "\n>" * 90_000,
    ],
)
def test_a_long_text_is_soon_made_whole(text):
    begun = time.thread_time()
    for _ in range(5):
        made_whole(text)
    assert (time.thread_time() - begun) / 5 < 0.1


@pytest.mark.parametrize("answer", [ANSWER, WHOLE_ANSWER], ids=["short", "whole"])
def test_a_finished_text_stays_as_it_is(answer):
    assert made_whole(answer).rstrip() == answer.rstrip()


def test_a_paragraph_is_no_heading_while_a_list_begins():
    assert "<h" not in render_markdown(made_whole("Some words\n-"))
