"""What models write as HTML: parsed, bounded, sanitised, kept."""

from runs.markdown.bounds import render_markdown
from runs.markdown.kept import kept_html

__all__ = ["kept_html", "render_markdown"]
