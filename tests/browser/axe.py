"""What axe says about a page, by the rules of WCAG."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
# Slow, and the same at every width.
COLOURS = ("color-contrast", "link-in-text-block")
EVERY_RULE: dict[str, Any] = {"runOnly": {"type": "tag", "values": LEVELS}}
OF_COLOURS: dict[str, Any] = {"runOnly": {"type": "rule", "values": COLOURS}}
# Of all style sheets, which have to be fetched for it.
OF_STYLES = "css-orientation-lock"
OF_WIDTH: dict[str, Any] = {
    **EVERY_RULE,
    "rules": {rule: {"enabled": False} for rule in (*COLOURS, OF_STYLES)},
}
RUN = """
async rules => (await axe.run({...rules, resultTypes: ['violations']})).violations.map(
  ({id, nodes}) => `${id}: ${nodes.slice(0, 3).map(node => node.html.slice(0, 120)).join(' | ')}`)
"""


def violations(page: Page, rules: dict[str, Any] = EVERY_RULE) -> list[str]:
    """One line for each rule that the page breaks, with elements at fault."""
    if page.evaluate("typeof axe == 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, rules)
    return found
