"""A user's runs: filtered, page by page, with the sums of the filter."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Subquery, Sum

from accounts.models import User
from runs.models import Run
from runs.models.run_queries import RunQuerySet
from runs.selectors.runs import metadata_asked, with_metadata, with_model, with_tags, with_text
from runs.states import ACTIVE

PAGE_SIZE = 25
RECENT = 5
EXACT = ("status", "pattern", "session_id", "customer", "feedback")
LIST_FIELDS = (
    "id", "task", "status", "pattern", "model", "chosen_model", "simulated", "answer_kind",
    "stop_reason", "error", "input_tokens", "output_tokens", "cost_usd", "held_usd", "needs_usd",
    "in_doubt_usd", "saved_usd", "cache_hit", "created_at", "started_at", "finished_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sums:
    """What the filter matches; real and simulated dollars stay apart."""

    runs: int
    active: int
    cost_usd: Decimal
    simulated_usd: Decimal
    simulated_runs: int

    @property
    def real_runs(self) -> int:
        """Runs that a real provider answered."""
        return self.runs - self.simulated_runs


@dataclass(frozen=True, slots=True)
class Page:
    """Some runs in their order, and the cursors to the pages beside them."""

    runs: list[Run]
    sums: Sums
    newer: UUID | None
    older: UUID | None

    @property
    def active(self) -> bool:
        """True while a run of this page can still change."""
        return any(run.status in ACTIVE for run in self.runs)


def matching(user: User, filters: dict[str, str]) -> RunQuerySet:
    """A user's runs that match the filters of `RunFilterForm`."""
    runs: Any = Run.objects.visible_to(user)
    if text := filters.get("q"):
        runs = with_text(runs, text)
    if model := filters.get("model"):
        runs = with_model(runs, model)
    if tag := filters.get("tag"):
        runs = with_tags(runs, [tag])
    if pairs := {key: filters[name] for name, key in metadata_asked(filters).items()}:
        runs = with_metadata(runs, pairs)
    exact = {name: filters[name] for name in EXACT if name in filters}
    found: RunQuerySet = runs.filter(**exact)
    return found


def sums(runs: RunQuerySet) -> Sums:
    """The sums of a filter, in one query."""
    row = runs.aggregate(
        runs=Count("pk"),
        active=Count("pk", filter=Q(status__in=ACTIVE)),
        real=Sum("cost_usd", filter=Q(simulated=False), default=Decimal(0)),
        unreal=Sum("cost_usd", filter=Q(simulated=True), default=Decimal(0)),
        simulated_runs=Count("pk", filter=Q(simulated=True)),
    )
    return Sums(row["runs"], row["active"], row["real"], row["unreal"], row["simulated_runs"])


def _beside(user: User, cursor: UUID, *, side: str, dearest: bool) -> Q:
    """The runs on one side of a run, `lt` or `gt`, in the order of the list."""
    beside = Q(**{f"pk__{side}": cursor})
    if not dearest:
        return beside
    cost = Subquery(Run.objects.visible_to(user).filter(pk=cursor).values("cost_usd"))
    return Q(**{f"cost_usd__{side}": cost}) | Q(cost_usd=cost) & beside


def page(
    user: User,
    filters: dict[str, str],
    *,
    dearest: bool = False,
    before: UUID | None = None,
    after: UUID | None = None,
) -> Page:
    """One page: the newest or dearest, or those just before or after a run. Ids sort by time."""
    runs = matching(user, filters)
    window = runs.only(*LIST_FIELDS)
    order = ("cost_usd", "pk") if dearest else ("pk",)
    if after is not None:
        newer = _beside(user, after, side="gt", dearest=dearest)
        found = list(window.filter(newer).order_by(*order)[: PAGE_SIZE + 1])
        more_newer, more_older = len(found) > PAGE_SIZE, True
        found = found[:PAGE_SIZE][::-1]
    else:
        if before is not None:
            window = window.filter(_beside(user, before, side="lt", dearest=dearest))
        found = list(window.order_by(*(f"-{name}" for name in order))[: PAGE_SIZE + 1])
        more_newer, more_older = before is not None, len(found) > PAGE_SIZE
        found = found[:PAGE_SIZE]
    return Page(
        runs=found,
        sums=sums(runs),
        newer=found[0].pk if found and more_newer else None,
        older=found[-1].pk if found and more_older else None,
    )


def recent(user: User) -> list[Run]:
    """The last few runs, newest first."""
    return list(Run.objects.visible_to(user).only(*LIST_FIELDS).order_by("-pk")[:RECENT])


def used_values(user: User) -> tuple[list[str], list[str]]:
    """The patterns and models of a user's runs, for the filters; one query."""
    pairs = (
        Run.objects.visible_to(user).order_by().values_list("pattern", "chosen_model").distinct()
    )
    found = list(pairs)
    return sorted({pattern for pattern, _ in found}), sorted({model for _, model in found})
