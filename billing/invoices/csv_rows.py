"""The lines of invoices as rows for a spreadsheet."""

from collections.abc import Iterable, Iterator
from typing import Any

from billing.invoices.selectors import TOKENS, Invoice
from billing.money import format_usd
from web.csv_lines import csv_lines

OF_INVOICE = ("invoice", "user", "month", "timezone", "simulated")
OF_LINE = ("day", "model", "pattern", "confidence", "reversal", "calls", *TOKENS)
COLUMNS = (*OF_INVOICE, *OF_LINE, "amount_usd")
# What people or providers wrote.
TEXTS = ("user", "model", "pattern")


def invoice_csv(invoices: Iterable[Invoice]) -> Iterator[str]:
    """A header, and a row for each line of each invoice."""
    return csv_lines((row for invoice in invoices for row in _rows(invoice)), COLUMNS, TEXTS)


def _rows(invoice: Invoice) -> Iterator[dict[str, Any]]:
    head = {
        "invoice": invoice.number,
        "user": invoice.user.email,
        "month": invoice.month.key,
        "timezone": invoice.month.timezone,
        "simulated": _word(invoice.simulated),
    }
    for line in invoice.lines:
        figures = {name: getattr(line, name) for name in OF_LINE}
        yield {
            **head,
            **figures,
            "reversal": _word(line.reversal),
            "amount_usd": format_usd(line.amount_usd),
        }


def _word(value: bool) -> str:
    return "yes" if value else "no"
