"""Reads a run page as a person does: money as decimals, and what changed while it was live."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from playwright.sync_api import Page

# Notes every length of the answer while it is written, and every cost that the page showed.
RECORDER = """
window.seen = {lengths: [], costs: []};
const note = (list, value) => { if (value && list.at(-1) !== value) list.push(value); };
new MutationObserver(() => {
  const text = document.querySelector('#answer-text[aria-busy]:has(.caret)')?.textContent;
  note(window.seen.lengths, text?.length);
  note(window.seen.costs, document.querySelector('.stats [data-live=cost]')?.textContent);
}).observe(document, {subtree: true, childList: true, characterData: true});
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page showed one after the other."""

    lengths: list[int]
    costs: list[Decimal]


def dollars(text: str) -> Decimal:
    """`$0.00123` as a decimal."""
    return Decimal(text.strip().replace("$", "").replace(",", ""))


def seen(page: Page) -> Seen:
    """What `RECORDER` noted."""
    noted: dict[str, Any] = page.evaluate("window.seen")
    costs = [dollars(cost) for cost in noted["costs"]]
    return Seen(noted["lengths"], costs)


def bill(page: Page) -> tuple[list[Decimal], Decimal]:
    """The amounts of the bill's lines by price, and its total."""
    prices = page.locator(".bill", has_text="Tokens times unit price")
    lines = prices.locator("tbody .amt").all_text_contents()
    (total,) = prices.locator("tfoot .amt").all_text_contents()
    return [dollars(line) for line in lines], dollars(total)


def run_id(page: Page) -> str:
    """The run that the page is about."""
    value = page.locator("#run").get_attribute("data-run")
    assert value is not None
    return value
