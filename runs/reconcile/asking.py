"""Asking a provider about single calls in doubt, by the id or the metadata of their answers."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx2
from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now

from billing.models import LedgerEntry
from billing.models.ledger import IN_DOUBT
from billing.providers import ANSWERS_KEPT, Provider
from runs.alone import Work, alone
from runs.engine.identity import effect_id, nth_attempt
from runs.engine.provider.background.reader import LAST
from runs.engine.provider.openai_model import CALL_ID
from runs.engine.provider.usage import read_usage
from runs.engine.tls import trusted
from runs.engine.types import Usage
from runs.models import Step
from runs.reconcile.fetching import OPENAI_URL, TIMEOUT_S
from runs.services import KnownUsage, settle_exactly

# Each is asked about so often, with waits that double; a new process begins anew.
MAX_TRIES = 8
FIRST_WAIT_S = 5.0
AT_ONCE = 50

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Tries:
    """How often each call was asked about by this process, and when the next time is."""

    made: dict[int, tuple[int, float]] = field(default_factory=dict)

    def due(self, hold: int) -> bool:
        """True when it is time, and not too often."""
        count, again_at = self.made.get(hold, (0, 0.0))
        return count < MAX_TRIES and time.monotonic() >= again_at

    def count(self, hold: int) -> None:
        """It is asked about now."""
        count = self.made.get(hold, (0, 0.0))[0] + 1
        self.made[hold] = (count, time.monotonic() + FIRST_WAIT_S * 2 ** (count - 1))


def ask_about_doubts(tries: Tries, ending: Callable[[], bool] = lambda: False) -> int:
    """Ask about all calls in doubt that can be found; returns how many were settled exactly.

    No money moves until an answer says what was used. One process asks at a time.
    """
    settled = 0
    with alone(Work.ASKING) as may:
        for provider in settings.PROVIDERS if may else ():
            if provider.reattach:
                due = [line for line in _open(provider) if tries.due(line.hold_id)][:AT_ONCE]
                settled += _ask(provider, due, tries, ending) if due else 0
    return settled


def _open(provider: Provider) -> Iterable[LedgerEntry]:
    """Its lines in doubt, with the ids of their answers."""
    steps = Step.objects.filter(
        run=OuterRef("run_id"), key=OuterRef("step_key"), attempt=OuterRef("attempt")
    )
    lines = LedgerEntry.objects.filter(
        IN_DOUBT, provider=provider.name, held_at__gt=Now() - ANSWERS_KEPT
    )
    return lines.annotate(answer_id=Subquery(steps.values("answer_id")[:1]))


def _ask(
    provider: Provider, lines: list[LedgerEntry], tries: Tries, ending: Callable[[], bool]
) -> int:
    settled = 0
    with httpx2.Client(
        base_url=provider.base_url or OPENAI_URL,
        headers={"Authorization": f"Bearer {provider.api_key}"},
        timeout=TIMEOUT_S,
        verify=trusted(),
        trust_env=False,
    ) as client:
        for line in lines:
            if ending():
                break
            tries.count(line.hold_id)
            settled += _ask_about(client, provider, line)
    return settled


def _ask_about(client: httpx2.Client, provider: Provider, line: LedgerEntry) -> bool:
    """True when the provider said what the call used. What it can't say is asked again later."""
    try:
        found = ASKED[provider.reattach](client, line)
    except (httpx2.HTTPError, ValueError, LookupError, TypeError, AttributeError) as error:
        logger.info("a call in doubt isn't known yet", extra={"why": type(error).__name__})
        return False
    if found is None:
        return False
    usage, tier = found
    known = KnownUsage(
        usage.fresh_input, usage.cached_input, usage.cache_write, usage.output, usage.reasoning
    )
    source = f"{provider.name} was asked for it"
    return settle_exactly(hold_id=line.hold_id, known=known, source=source, tier=tier) is not None


Found = tuple[Usage, str] | None


def _stored(client: httpx2.Client, line: LedgerEntry) -> Found:
    """Among stored chat completions, by the metadata that the call was sent with."""
    call_id = effect_id(line.run_id, line.step_key, nth_attempt(line.attempt))
    params: dict[str, str] = {f"metadata[{CALL_ID}]": call_id, "limit": "1"}
    data = _json(client.get("chat/completions", params=params))["data"]
    # An endpoint that knows no metadata gives whatever it has stored.
    return _counted(data[0]) if data and data[0]["metadata"][CALL_ID] == call_id else None


def _generation(client: httpx2.Client, line: LedgerEntry) -> Found:
    """At OpenRouter, which bills its providers' own counts."""
    answer_id = getattr(line, "answer_id", None)
    if not answer_id:
        return None
    data = _json(client.get("generation", params={"id": answer_id}))["data"]
    if data["id"] != answer_id:
        return None
    counts = {
        "prompt_tokens": data["native_tokens_prompt"],
        "completion_tokens": data["native_tokens_completion"],
        "prompt_tokens_details": {"cached_tokens": data.get("native_tokens_cached") or 0},
        "completion_tokens_details": {"reasoning_tokens": data.get("native_tokens_reasoning") or 0},
    }
    usage = read_usage(counts)
    return (usage, "") if usage else None


def _background(client: httpx2.Client, line: LedgerEntry) -> Found:
    """A response by its id, once it has ended."""
    answer_id = getattr(line, "answer_id", None)
    if not answer_id:
        return None
    answer = _json(client.get(f"responses/{answer_id}"))
    return _counted(answer) if answer["id"] == answer_id and answer["status"] in LAST else None


ASKED: dict[str, Callable[[httpx2.Client, LedgerEntry], Found]] = {
    "stored": _stored,
    "generation": _generation,
    "background": _background,
}


def _json(answer: httpx2.Response) -> Any:
    return answer.raise_for_status().json()


def _counted(answer: Any) -> Found:
    usage = read_usage(answer.get("usage") or {})
    return (usage, str(answer.get("service_tier") or "").casefold()) if usage else None
