"""Links from a page to a file of the repository become its path; a broken one is an error."""

import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

LINK = re.compile(r"\[([^\]]+)\]\((\.\./[^)#\s]+)(?:#[^)\s]*)?\)")


def on_page_markdown(markdown: str, page: Page, config: dict[str, Any], files: object) -> str:
    """The page's Markdown, as MkDocs is to read it."""
    docs = Path(config["docs_dir"])
    folder = (docs / page.file.src_uri).parent

    def as_path(link: re.Match[str]) -> str:
        text, target = link.groups()
        path = (folder / target).resolve()
        if not path.is_relative_to(docs.parent) or not path.exists():
            raise PluginError(f"{page.file.src_uri}: there is no {target}")
        shown = f"`{path.relative_to(docs.parent)}`"
        return shown if text in (path.name, f"`{path.name}`", shown) else f"{text} ({shown})"

    return LINK.sub(as_path, markdown)
