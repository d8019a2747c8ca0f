"""A user's runs: filtered and page by page. Lists are by the moment of submit, or by cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from accounts.models import User
from runs.history.wanted import ONE_DAY, Wanted, midnight
from runs.models import OwnerTally, Run
from runs.models.owner_tally import OwnerTallyQuerySet
from runs.models.run import RunQuerySet
from runs.selectors.history import LIST_FIELDS
from runs.selectors.runs import metadata_asked, with_metadata, with_model, with_tags, with_text
from runs.states import ACTIVE

PAGE_SIZE = 25
AT_A_TIME = 1000
# A text is looked for in so many runs, the newest of the dates that are asked for.
SEARCHED = 20_000
# New runs are counted so far.
MOST_NEW = 99
EXACT = ("status", "pattern", "session_id", "customer", "feedback")


@dataclass(frozen=True, slots=True)
class Page:
    """Some runs in their order, and the cursors to the pages beside them."""

    runs: list[Run]
    newer: UUID | None
    older: UUID | None

    @property
    def active(self) -> bool:
        """True while a run of this page can still change."""
        return any(run.status in ACTIVE for run in self.runs)


def matching(user: User, wanted: Wanted) -> RunQuerySet:
    """A user's runs that match; a text is looked for in the newest `SEARCHED` only."""
    filters = wanted.filters
    runs: Any = Run.objects.visible_to(user).filter(in_time(wanted.begin, wanted.end))
    if text := filters.get("q"):
        oldest = searched_since(user, wanted)
        runs = with_text(runs.filter(in_time(oldest, None)), text)
    if model := filters.get("model"):
        runs = with_model(runs, model)
    if tag := filters.get("tag"):
        runs = with_tags(runs, [tag])
    if pairs := {key: filters[name] for name, key in metadata_asked(filters).items()}:
        runs = with_metadata(runs, pairs)
    found: RunQuerySet = runs.filter(**{name: filters[name] for name in EXACT if name in filters})
    return found


def in_time(begin: datetime | None, end: datetime | None) -> Q:
    """Submitted from the one moment on and before the other; None is open."""
    found = Q()
    if begin:
        found &= Q(created_at__gte=begin)
    if end:
        found &= Q(created_at__lt=end)
    return found


def searched_since(user: User, wanted: Wanted) -> datetime | None:
    """When the oldest run was submitted that a text is looked for in; None: all are."""
    runs = Run.objects.visible_to(user).filter(in_time(wanted.begin, wanted.end))
    moments = runs.order_by("-created_at").values_list("created_at", flat=True)
    return next(iter(moments[SEARCHED - 1 : SEARCHED]), None)


def tallies_of(user: User) -> OwnerTallyQuerySet:
    """The sums of all ended runs of the user."""
    rows: Any = OwnerTally.objects
    found: OwnerTallyQuerySet = rows.visible_to(user)
    return found


def tally_of(
    user: User, wanted: Wanted, *, first: date | None, after: date | None
) -> QuerySet[OwnerTally]:
    """The sums of ended runs of days from `first` on and before `after`; None is open."""
    rows: QuerySet[OwnerTally] = tallies_of(user)
    if first:
        rows = rows.filter(day__gte=first)
    if after:
        rows = rows.filter(day__lt=after)
    if model := wanted.filters.get("model"):
        rows = rows.filter(Q(model=model) | Q(chosen_model=model))
    exact = {name: wanted.filters[name] for name in ("status", "pattern") if name in wanted.filters}
    return rows.filter(**exact)


def page(
    user: User,
    wanted: Wanted,
    *,
    dearest: bool = False,
    before: Run | None = None,
    after: Run | None = None,
    upto: Run | None = None,
) -> Page:
    """One page: the newest or dearest, those just before or after a run, or from `upto` on."""
    field = "cost_usd" if dearest else "created_at"
    runs = matching(user, wanted).only(*LIST_FIELDS)
    if wanted.tallied and wanted.filters and not dearest:
        runs = runs.filter(_on_days_with_any(user, wanted, before=before or upto, after=after))
    if after is not None:
        later = runs.filter(_beside(after, field, "gt")).order_by(field, "pk")
        found = list(later[: PAGE_SIZE + 1])
        more_newer, more_older = len(found) > PAGE_SIZE, True
        found = found[:PAGE_SIZE][::-1]
    else:
        if before is not None:
            runs = runs.filter(_beside(before, field, "lt"))
        elif upto is not None:
            runs = runs.filter(_beside(upto, field, "lt") | Q(pk=upto.pk))
        found = list(runs.order_by(f"-{field}", "-pk")[: PAGE_SIZE + 1])
        more_newer, more_older = before is not None, len(found) > PAGE_SIZE
        found = found[:PAGE_SIZE]
    return Page(
        runs=found,
        newer=found[0].pk if found and more_newer else None,
        older=found[-1].pk if found and more_older else None,
    )


def _beside(cursor: Run, field: str, side: str) -> Q:
    """The runs on one side of a run, `lt` or `gt`, in the order of the field."""
    value = getattr(cursor, field)
    beside = Q(**{f"{field}__{side}": value}) | Q(**{f"pk__{side}": cursor.pk})
    # The first half is a range of an index.
    return Q(**{f"{field}__{side}e": value}) & beside


def _on_days_with_any(user: User, wanted: Wanted, *, before: Run | None, after: Run | None) -> Q:
    """The days nearest to the cursor on which anything matches, so that no others are read.

    Each has at least one match, and the cursor's own may have none beyond it.
    """
    moments = [moment for moment in (wanted.begin, after and after.created_at) if moment]
    first = max(map(_day, moments), default=None)
    moments = [moment for moment in (wanted.end, before and before.created_at) if moment]
    last = min(map(_day, moments), default=None)
    beyond = last and last + ONE_DAY
    limit = PAGE_SIZE + 2
    days = tally_of(user, wanted, first=first, after=beyond).order_by("day" if after else "-day")
    known = days.values_list("day").annotate(number=Sum("runs")).filter(number__gt=0)
    active = matching(user, wanted).active().order_by()
    in_utc = set(active.values_list(TruncDate("created_at", tzinfo=UTC), flat=True))
    nearest = {day for day, _ in known[:limit]} | {
        day for day in in_utc if (first or day) <= day <= (last or day)
    }
    found = Q(pk__in=())
    for begin, end in _spans(sorted(nearest, reverse=not after)[:limit]):
        found |= in_time(midnight(begin), midnight(end) + ONE_DAY)
    return found


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _spans(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """The first and last day of each row of days without a gap."""
    begin = end = None
    for day in sorted(days):
        if end is None or day - end > ONE_DAY:
            if begin and end:
                yield begin, end
            begin = day
        end = day
    if begin and end:
        yield begin, end


def cursor_of(user: User, run_id: UUID | None) -> Run | None:
    """The run that a page is beside; None where it is gone."""
    if run_id is None:
        return None
    runs = Run.objects.visible_to(user).only("created_at", "cost_usd")
    return runs.filter(pk=run_id).first()


def newer_than(user: User, wanted: Wanted, run: Run) -> int:
    """How many matching runs were submitted after this one; counted up to `MOST_NEW` and one."""
    newer = matching(user, wanted).filter(_beside(run, "created_at", "gt"))
    return newer.order_by()[: MOST_NEW + 1].count()


def used_values(user: User) -> tuple[list[str], list[str]]:
    """The patterns and models of a user's runs, for the filters; one query."""
    columns = ("pattern", "chosen_model")
    ended = tallies_of(user).values_list(*columns).annotate(Sum("runs"))
    active = Run.objects.visible_to(user).active().order_by().values_list(*columns)
    pairs = set(ended.filter(runs__sum__gt=0).values_list(*columns).union(active))
    return sorted({pattern for pattern, _ in pairs}), sorted({model for _, model in pairs})


def every(user: User, wanted: Wanted, columns: Sequence[str]) -> Iterator[Run]:
    """All matching runs, newest first, read in portions; no query is open between two of them."""
    runs = matching(user, wanted).only(*columns).order_by("-created_at", "-pk")
    some = list(runs[:AT_A_TIME])
    while some:
        yield from some
        some = list(runs.filter(_beside(some[-1], "created_at", "lt"))[:AT_A_TIME])
