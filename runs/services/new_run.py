"""A run that is about to be stored: the columns of its row, out of what was checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Now

from billing.providers import provider_of
from runs.cache.digest import digest_for
from runs.models import Run
from runs.services.checks import Plan
from runs.services.funds import needed_usd
from runs.shutdowns import warnings_of
from runs.spec import columns
from runs.states import Status
from runs.submission import Submission
from web.ids import uuid7

DEFAULT_DEADLINE_S = 3600


@dataclass(frozen=True, slots=True)
class NewRun:
    """Its columns by name as SQL takes them, with `deadline_s`, and what it needs to begin."""

    row: Mapping[str, Any]
    needs_usd: Decimal

    @property
    def pk(self) -> UUID:
        """Its id, which is ours: a submit that is sent twice stores one run."""
        pk: UUID = self.row["id"]
        return pk

    def as_run(self, **known: Any) -> Run:
        """The row as a run; `known` are columns that the database gave it, or will give it."""
        row = {**_defaults(), "status": Status.QUEUED, "last_seq": 1, **self.row, **known}
        deadline = timedelta(seconds=row.pop("deadline_s"))
        row.setdefault("deadline_at", Now() + deadline)
        cap = row["max_cost_usd"]
        row["max_cost_usd"] = None if cap is None else Decimal(cap)
        return Run(**row)


@cache
def _defaults() -> dict[str, Any]:
    """What the database puts into columns that a new run says nothing of."""
    fields = (field for field in Run._meta.concrete_fields if field.has_db_default())
    return {
        field.attname: field.db_default
        for field in fields
        if not isinstance(field.db_default, BaseExpression)
    }


def new_run(
    *,
    owner_id: int,
    api_token_id: UUID | None,
    submission: Submission,
    plan: Plan,
    idempotency_key: str | None,
    traceparent: str = "",
    more: Mapping[str, Any] = MappingProxyType({}),
) -> NewRun:
    """The run of a checked submission; `more` are columns that say what it was made from."""
    cap = submission.max_cost_usd
    row = {
        "id": uuid7(),
        "owner_id": owner_id,
        "api_token_id": api_token_id,
        **_columns(plan, submission),
        "model": submission.model,
        "routing_reason": plan.reason,
        "route": plan.route,
        "provider": provider_of(plan.spec.model).name,
        "simulated": settings.SIMULATED,
        "prompt_set": None,
        "prompt_version_id": None,
        "metadata": submission.metadata,
        "tags": list(submission.tags),
        "session_id": submission.session_id,
        "customer": submission.customer,
        "max_cost_usd": None if cap is None else str(cap),
        "when_out_of_money": submission.when_out_of_money,
        "warnings": warnings_of(plan.spec.models),
        "cache": submission.cache,
        "cache_digest": digest_for(submission, plan.spec),
        "forked_from_id": None,
        "fork_step": "",
        "idempotency_key": idempotency_key,
        "request_hash": submission.digest if _may_come_again(submission, idempotency_key) else "",
        "traceparent": traceparent,
        "deadline_s": submission.deadline_s or DEFAULT_DEADLINE_S,
        **more,
    }
    return NewRun(row, needed_usd(plan.spec, plan.prices))


def _columns(plan: Plan, submission: Submission) -> dict[str, Any]:
    """What is asked for, and what an API of another shape keeps with it."""
    found = columns(plan.spec)
    if submission.front is not None:
        found["config"]["front"] = submission.front
    return found


def _may_come_again(submission: Submission, idempotency_key: str | None) -> bool:
    """True of a request that is to be known again: clients of OpenAI's APIs send some twice."""
    return idempotency_key is not None or submission.front is not None
