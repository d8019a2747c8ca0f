"""A small web to search in: results made of the query's own words, each marked as simulated."""

import re
from urllib.parse import quote

from .topic import subject_of

_SIDES = (
    ("An overview", "What {subject} is, in short, and where it is used."),
    ("In practice", "How people work with {subject}, step by step, and what they check."),
    ("Limits", "Where {subject} falls short, and what is said against it."),
    ("Figures", "How {subject} is measured, and how its figures are to be read."),
    ("History", "How {subject} came about, and what changed since."),
)


def results(query: str) -> list[dict[str, str]]:
    """What a search finds, in the shape of SearXNG; the same for the same query."""
    subject = subject_of(query)
    slug = quote(re.sub(r"\W+", "-", subject.lower()).strip("-") or "results")
    return [
        {
            "title": f"{title}: {subject} (simulated)",
            "url": f"https://example.org/{slug}/{number}",
            "content": "Simulated result, no real page. " + said.format(subject=subject),
            "engine": "simulator",
        }
        for number, (title, said) in enumerate(_SIDES, 1)
    ]
