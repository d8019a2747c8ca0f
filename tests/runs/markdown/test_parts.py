"""What an answer may have beside plain Markdown, and that hostile HTML of it stays text."""

import pytest

from runs.markdown import render_markdown
from runs.markdown.sanitiser import sanitised
from runs.markdown.unfinished import made_whole


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("- [x] a", 'aria-label="Done"'),
        ("- [ ] a", 'aria-label="To do"'),
        ("https://x.org/a_b_c.", 'href="https://x.org/a_b_c" rel="noopener noreferrer nofollow"'),
        ("a@x.org", 'href="mailto:a@x.org"'),
        ("$a_1 * b * c$", '<span class="math" dir="ltr">a_1 * b * c</span>'),
        ("\\(a *b* c\\)", '<span class="math" dir="ltr">a *b* c</span>'),
        ("$$\na\n= b\n$$", '<div class="math" dir="ltr">a\n= b</div>'),
        ("\\[\na\n\\]", '<div class="math" dir="ltr">a</div>'),
        ("```py\nif\n```", '<span class="k1">if</span>'),
        ("```odd\nif <\n```", 'dir="ltr" tabindex="0">if &lt;'),
        ("> a", '<blockquote dir="auto">'),
    ],
)  # fmt: skip
def test_a_part_is_laid_out(text, html):
    assert html in render_markdown(text)


@pytest.mark.parametrize(
    "text", ["$5 and $10", "US$5/US$6", "$5, then 10$ more", "$HOME/bin and $PATH", "main.rs"]
)
def test_prices_and_names_stay_text(text):
    assert render_markdown(text) == f'<p dir="auto">{text}</p>\n'


def test_ids_of_two_answers_differ():
    first, second = (render_markdown(f"{word}[^1]\n\n[^1]: note") for word in "ab")
    ids = [part.split('"')[0] for html in (first, second) for part in html.split(' id="')[1:]]
    assert len(set(ids)) == len(ids) == 4
    assert all(f'href="#{name}"' in first + second for name in ids)


def test_a_text_makes_no_button():
    button = '<button data-copy="#key">x</button>'
    html = render_markdown(f'{button}</span></div><pre class="code"\n\n```\n{button}\n```')
    assert html.count("<button") == html.count('data-copy=""') == 1
    assert "<button" not in sanitised(button, "answer-1-")


def test_hostile_html_is_cut_to_what_is_needed():
    html = sanitised(
        '<input type="image" src="x" name="q" onclick="a()"> '
        '<a id="run" href="javascript:a()">b</a>'
        '<span class="k1 btn" style="color:red">c</span><div class="dialog" dir="x">d</div>',
        "answer-1-",
    )
    box, rest = html.split(" <a ", 1)
    assert set(box.strip("<>").split()) == {"input", 'type="checkbox"', 'disabled=""'}
    assert rest == (
        'id="answer-1-run" rel="noopener noreferrer nofollow">b</a>'
        '<span class="k1">c</span><div class="">d</div>'
    )


@pytest.mark.parametrize(
    "text",
    [
        "- [",
        "- [x",
        "- [ ]",
        "a[^",
        "a[^1",
        "a[^1]",
        "[^1]:",
        "a\n\n```py",
        "$x^2",
        "\\(x",
        "$$\nx",
    ],
)
def test_no_part_shows_its_marks_while_it_is_written(text):
    html = render_markdown(made_whole(text), unfinished=True)
    assert not any(mark in html for mark in ("[", "$", "`", "\\", "code-block")), html
