"""Asking for a comparison, which a worker then makes."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User
from billing.library import OPENAI
from billing.models import Reconciliation
from billing.providers import Provider
from runs.errors import InvalidSubmission
from runs.reconcile.counts import Export
from runs.reconcile.csv_file import read_csv
from runs.reconcile.errors import BadExport, NotFetched
from runs.reconcile.fetching import admin_key
from runs.reconcile.limits import MAX_SPAN, check
from runs.reconcile.openai_pages import read_pages


def provider_named(name: str) -> Provider:
    """One of the site's providers; the first one without a name. Raises `InvalidSubmission`."""
    providers: Sequence[Provider] = settings.PROVIDERS
    found = {one.name: one for one in providers}
    if name and name not in found:
        known = ", ".join(found)
        raise InvalidSubmission(
            f"This site has no provider “{name}”. It has: {known}.", field="provider"
        )
    return found[name] if name else providers[0]


def ask_with_file(
    *, provider: str, name: str, text: str, api_keys: Sequence[str] = (), by: User | None = None
) -> Reconciliation:
    """Have an export compared by a worker. Raises `InvalidSubmission`, `BadExport`."""
    one = provider_named(provider)
    read_export(text)
    return _asked(
        provider=one.name,
        source=Reconciliation.Source.FILE,
        name=name[:200],
        document=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        api_keys=_keys(one, api_keys),
        by=by,
    )


def ask_to_fetch(
    *,
    provider: str,
    start: datetime,
    end: datetime,
    api_keys: Sequence[str] = (),
    by: User | None = None,
) -> Reconciliation:
    """Have the provider's figures fetched and compared by a worker. Raises `InvalidSubmission`."""
    if not timedelta(0) < end - start <= MAX_SPAN:
        raise InvalidSubmission(f"Ask for at most {MAX_SPAN.days} days.", field="end")
    one = provider_named(provider)
    try:
        admin_key(one)
    except NotFetched as problem:
        raise InvalidSubmission(str(problem), field="start") from None
    return _asked(
        provider=one.name,
        source=Reconciliation.Source.FETCHED,
        starts_at=start,
        ends_at=end,
        api_keys=_keys(one, api_keys),
        by=by,
    )


@transaction.atomic
def _asked(*, by: User | None, **given: Any) -> Reconciliation:
    one = Reconciliation.objects.create(by=by, **given)
    after = {"provider": one.provider, "source": one.source}
    record(Action.BILL_COMPARED, by_id=by.pk if by else None, about=one, after=after)
    return one


def _keys(provider: Provider, given: Sequence[str]) -> list[str]:
    own = settings.OPENAI_API_KEY_ID if provider.name == OPENAI else ""
    return list(given or filter(None, [own]))


def read_export(text: str) -> Export:
    """JSON pages or the CSV, whichever it is. Raises `BadExport`."""
    if "\0" in text:
        raise BadExport("It isn't text.")
    export = read_pages(text) if text.lstrip()[:1] in ("{", "[") else read_csv(text)
    start, end = export.span
    if end - start > MAX_SPAN:
        raise BadExport(f"It covers more than {MAX_SPAN.days} days: compare them in parts.")
    check(export)
    return export
