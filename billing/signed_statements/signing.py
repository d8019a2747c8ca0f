"""Writing a statement: header, chained lines, signed end."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from billing.invoices.selectors import lines_of_month
from billing.money import format_usd
from billing.months import Month
from billing.signed_statements.chain import canonical, first_hash, next_hash
from billing.signed_statements.keys import ALGORITHM, statement_keys
from billing.signed_statements.selectors import statement_lines

VERSION = 1


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose statement it is, of which month and dollars, and of which site."""

    user: User
    month: Month
    simulated: bool
    site: str


def signed_statement(subject: Subject) -> Iterator[str]:
    """The statement's lines of JSON, each with its line feed."""
    header = _header(subject)
    yield _text({"statement": header})
    head, count, total = first_hash(header), 0, Decimal(0)
    entries = lines_of_month(subject.user, subject.month, simulated=subject.simulated)
    for line in statement_lines(entries):
        head = next_hash(head, line)
        count, total = count + 1, total + Decimal(line["amount"])
        yield _text({"line": line, "hash": head})
    yield _text({"end": _end(head, count, total)})


def _header(subject: Subject) -> dict[str, Any]:
    month = subject.month
    return {
        "version": VERSION,
        "site": subject.site,
        "user_id": subject.user.pk,
        "user": subject.user.email,
        "month": month.key,
        "timezone": month.timezone,
        "starts_at": month.starts_at.isoformat(),
        "ends_at": month.ends_at.isoformat(),
        "month_over": month.over,
        "simulated": subject.simulated,
        "issued_at": timezone.now().isoformat(),
    }


def _end(head: str, count: int, total: Decimal) -> dict[str, Any]:
    key = statement_keys()[0]
    end = {
        "lines": count,
        "total_usd": format_usd(total),
        "head": head,
        "algorithm": ALGORITHM,
        "key_id": key.key_id,
        "public_key": key.public_key,
    }
    return {**end, "signature": key.sign(canonical(end))}


def _text(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
