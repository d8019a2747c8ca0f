"""Headings of an answer stand below the page's own, and none is skipped."""

import pytest

from runs.markdown import render_markdown


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("# a\n\n## b", ["h3", "h4"]),
        ("### a\n\n###### b\n\n### c", ["h3", "h4", "h3"]),
        ("## a\n\n#### b\n\n# c", ["h3", "h4", "h3"]),
        ("# a\n\n## b\n\n### c\n\n#### d\n\n##### e", ["h3", "h4", "h5", "h6", "h6"]),
    ],
)
def test_no_level_of_heading_is_skipped(text, tags):
    html = render_markdown(text)
    assert [part[:2] for part in html.split("<")[1:] if part.startswith("h")] == tags
