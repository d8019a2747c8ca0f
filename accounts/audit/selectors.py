"""Reading the audit log: its entries by who, what and when, with names of people and tokens."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.audit_models import AuditEntry
from accounts.models import ApiToken, User

PAGE = 50
CHUNK = 1000
ABOUT_TOKEN = str(ApiToken._meta.verbose_name)
# The values of an entry that are ids of tokens.
OF_TOKENS = ("token", "pause_tokens")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; what is None or empty is not asked about."""

    person: int | None = None  # who did it, or whose account it is about
    action: str = ""
    address: str | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """An entry with the addresses of its people; None where nobody is meant.

    `tokens` has the names of API tokens by their ids.
    """

    entry: AuditEntry
    actor: str | None
    user: str | None
    tokens: Mapping[str, str]

    @property
    def token(self) -> str | None:
        """The token that it is about, by name or else by id; None where it isn't about one.

        Empty where the entry says the name itself.
        """
        entry = self.entry
        if entry.about != ABOUT_TOKEN:
            return None
        said = "name" in {**(entry.before or {}), **(entry.after or {})}
        return "" if said else self.tokens.get(entry.about_id, entry.about_id)


def entries(wanted: Wanted) -> QuerySet[AuditEntry]:
    """Those entries, newest first."""
    found = AuditEntry.objects.all()
    if wanted.person is not None:
        found = found.filter(Q(actor_id=wanted.person) | Q(user_id=wanted.person))
    if wanted.action:
        found = found.filter(action=wanted.action)
    if wanted.address:
        found = found.filter(address=wanted.address)
    if wanted.first:
        found = found.filter(at__date__gte=wanted.first)
    if wanted.last:
        found = found.filter(at__date__lt=wanted.last + timedelta(days=1))
    return found


def own_entries(user: User) -> QuerySet[AuditEntry]:
    """What concerns one's account, and what one did."""
    return entries(Wanted(person=user.pk))


def page_of(found: QuerySet[AuditEntry], before: int | None) -> tuple[list[Named], int | None]:
    """The page of entries older than `before`, and where the next one begins; None at the end."""
    older = found.filter(pk__lt=before) if before is not None else found
    rows = list(older[: PAGE + 1])
    more = rows[PAGE - 1].pk if len(rows) > PAGE else None
    return named(rows[:PAGE]), more


def all_of(found: QuerySet[AuditEntry]) -> Iterator[Named]:
    """All of them, a thousand at a time, however many there are."""
    before: int | None = None
    while rows := list((found.filter(pk__lt=before) if before else found)[:CHUNK]):
        yield from named(rows)
        before = rows[-1].pk


def named(rows: Sequence[AuditEntry]) -> list[Named]:
    """The entries with names; two queries."""
    ids = {pk for row in rows for pk in (row.actor_id, row.user_id) if pk is not None}
    addresses: dict[Any, str] = dict(User.objects.filter(pk__in=ids).values_list("pk", "email"))
    tokens = token_names(rows)
    return [
        Named(row, _name(row.actor_id, addresses), _name(row.user_id, addresses), tokens)
        for row in rows
    ]


def token_names(rows: Sequence[AuditEntry]) -> dict[str, str]:
    """The names of the tokens that entries speak of, by their ids; no query where there is none."""
    ids = {pk for row in rows for pk in _token_ids(row)}
    found = ApiToken.objects.filter(pk__in=ids).values_list("pk", "name") if ids else ()
    return {str(pk): name for pk, name in found}


def _token_ids(row: AuditEntry) -> Iterator[UUID]:
    said: list[Any] = [row.about_id] if row.about == ABOUT_TOKEN else []
    for values in (row.before or {}, row.after or {}):
        for value in (values.get(name) for name in OF_TOKENS):
            said += value if isinstance(value, list) else [value]
    for one in filter(None, said):
        with suppress(ValueError):
            yield UUID(str(one))


def _name(pk: int | None, addresses: dict[Any, str]) -> str | None:
    return None if pk is None else addresses.get(pk, f"user {pk}, deleted")
