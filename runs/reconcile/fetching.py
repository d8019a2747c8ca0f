"""The provider's own figures over its API, page by page."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx2
from django.conf import settings

from billing.library import OPENAI
from billing.providers import Provider
from runs.engine.tls import trusted
from runs.reconcile.counts import Export
from runs.reconcile.errors import NotFetched
from runs.reconcile.limits import check
from runs.reconcile.openai_pages import read_pages

OPENAI_URL = "https://api.openai.com/v1"
TIMEOUT_S = 30.0
# Buckets a page: the most that OpenAI gives by the minute.
MINUTES = 1440
DAYS = 31
MAX_PAGES = 1000
USAGE = "/organization/usage/completions"
COSTS = "/organization/costs"


def fetch_export(
    provider: Provider, start: datetime, end: datetime, progress: Callable[[str], None]
) -> Export:
    """Usage by the minute and costs by the day. Raises `NotFetched`, `BadExport`.

    Costs are those of whole days (UTC): of a shorter time there are none to compare.
    """
    span = {"start_time": int(start.timestamp()), "end_time": int(end.timestamp())}
    usage = {"bucket_width": "1m", "limit": MINUTES, "group_by": USAGE_GROUPS, **span}
    export = Export()
    with _client(provider) as client:
        for number, page in enumerate(_pages(client, USAGE, usage), 1):
            export += read_pages(page)
            progress(f"Fetched {number} page{'s' if number > 1 else ''} of usage")
        days = {**span, "bucket_width": "1d", "limit": DAYS, "group_by": COST_GROUPS}
        for page in _pages(client, COSTS, days):
            export += read_pages(page)
    whole = tuple(cost for cost in export.costs if start <= cost.start and cost.end <= end)
    fetched = Export(export.usage, whole)
    check(fetched)
    return fetched


USAGE_GROUPS = ["model", "api_key_id", "service_tier"]
COST_GROUPS = ["line_item"]


def admin_key(provider: Provider) -> str:
    """The key that reads its figures; OpenAI's is shown to nobody else. Raises `NotFetched`."""
    if settings.SIMULATED:
        return provider.api_key
    if provider.name != OPENAI:
        raise NotFetched(f"The figures of “{provider.name}” can't be fetched: take a file.")
    key: str = settings.OPENAI_ADMIN_KEY
    if not key:
        raise NotFetched("OPENAI_ADMIN_KEY is not set: set it, or take an export file.")
    return key


def _client(provider: Provider) -> httpx2.Client:
    return httpx2.Client(
        base_url=provider.base_url or OPENAI_URL,
        headers={"Authorization": f"Bearer {admin_key(provider)}"},
        timeout=TIMEOUT_S,
        verify=trusted(),
        trust_env=False,
    )


def _pages(client: httpx2.Client, path: str, query: dict[str, Any]) -> Iterator[str]:
    """The text of each page. Raises `NotFetched`."""
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        params = _flat(query | ({"page": cursor} if cursor else {}))
        try:
            answer = client.get(path.lstrip("/"), params=params)
        except httpx2.HTTPError as error:
            raise NotFetched(f"The provider can't be reached: {type(error).__name__}.") from error
        if answer.status_code != httpx2.codes.OK:
            raise NotFetched(f"The provider answered {answer.status_code}: {_words(answer)}")
        yield answer.text
        try:
            page = answer.json()
            cursor = page["next_page"] if page["has_more"] else None
        except (ValueError, KeyError, TypeError):
            raise NotFetched("The provider's page doesn't say whether there is more.") from None
        if cursor is None:
            return
    raise NotFetched(f"There are more than {MAX_PAGES} pages: ask for a shorter time.")


def _flat(query: dict[str, Any]) -> list[tuple[str, Any]]:
    """As OpenAI takes lists."""
    return [
        (f"{name}[]" if isinstance(value, list) else name, one)
        for name, value in query.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def _words(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return "it doesn't say why."
