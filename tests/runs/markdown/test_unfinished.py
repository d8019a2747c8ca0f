"""While a text is written, no mark is seen before what it marks."""

import re

import pytest

from runs.markdown import render_markdown
from runs.markdown.unfinished import made_whole

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
RAW = re.compile(r"#|\*\*|`|\|---|\]\(|\| a")


def words_of(html: str) -> str:
    without_code = re.sub(r"<(code|pre)[^>]*>.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "", without_code)


@pytest.mark.parametrize("length", range(1, len(ANSWER)))
def test_no_part_of_an_answer_shows_raw_marks(length):
    html = render_markdown(made_whole(ANSWER[:length]))
    assert RAW.search(words_of(html)) is None, html


def test_a_finished_text_stays_as_it_is():
    assert render_markdown(made_whole(ANSWER)) == render_markdown(ANSWER)


def test_a_paragraph_is_no_heading_while_a_list_begins():
    assert "<h" not in render_markdown(made_whole("Some words\n-"))
