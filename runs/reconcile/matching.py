"""One model's usage, span by span: what the provider counted against our calls.

The provider names no calls, so what is left of its count, once our exact lines are taken from it,
has to be what the calls used whose usage we don't know. Spans that agree as they stand need no
explanation. Those that don't are looked at together where one call may be counted in either.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations, pairwise

from runs.reconcile.counts import Call, Counts, Kind, Sure, total
from runs.reconcile.spans import Places, Spans

# More calls at the edges of an export aren't tried in every combination.
MAX_EDGE_CALLS = 12
# An endpoint's count of a capped answer may go over the cap by so much.
OUTPUT_MARGIN, OUTPUT_MARGIN_TOKENS = 1.25, 64
# A provider may go on with an answer for so long after nobody reads it, and count it only then.
LATE = timedelta(minutes=2)
# What a difference is named after, where several kinds of calls share it.
NAMED = (
    (Sure.IN_DOUBT, Kind.IN_DOUBT),
    (Sure.ESTIMATED, Kind.ESTIMATED),
    (Sure.FAILED, Kind.FAILED),
)


@dataclass(frozen=True, slots=True)
class Matched:
    """Both sides of one span. `kind` says why they differ; None where they don't."""

    span: int
    provider: Counts
    ledger: Counts
    kind: Kind | None


@dataclass(slots=True)
class ModelMatch:
    """What was found of one model. `found` has the exact usage of calls, by hold."""

    rows: list[Matched] = field(default_factory=list)
    found: dict[int, Counts] = field(default_factory=dict)

    @property
    def is_evidence(self) -> bool:
        """True where it has calls of ours, and nothing that can't be explained.

        Else it may be another key's count, or one that lacks this model: no doubt ends by it.
        """
        kinds = {row.kind for row in self.rows}
        return Kind.UNEXPLAINED not in kinds and any(row.provider for row in self.rows)


def match(spans: Spans, provider: dict[int, Counts], calls: Sequence[Call]) -> ModelMatch:
    """Compare and explain. `provider` is by the index of a span."""
    return _Matching(spans, provider, calls).match()


class _Matching:
    def __init__(self, spans: Spans, provider: dict[int, Counts], calls: Sequence[Call]) -> None:
        self._provider = provider
        placed = [(call, spans.places(call)) for call in calls]
        self._exact = [pair for pair in placed if pair[0].sure == Sure.EXACT]
        self._unsure = [
            (call, places)
            for call, places in placed
            if call.sure != Sure.EXACT and places.first <= places.last
        ]
        self._edge = [pair for pair in self._exact if pair[1].outside]
        self._spans = spans
        by_end = self._counted(lambda call: spans.at(call.ended))
        by_start = self._counted(lambda call: spans.at(call.began))
        self._ours, self._when = min(
            (by_end, _ended), (by_start, _began), key=lambda one: len(self._disagreeing(one[0]))
        )
        self._result = ModelMatch()
        self._kinds: dict[int, Kind] = {}
        self._ledger = dict(self._ours)

    def match(self) -> ModelMatch:
        """The rows in order, and what was found."""
        disagreeing = self._disagreeing(self._ours)
        named: set[int] = set()
        for group in self._groups(disagreeing):
            named |= self._explain(group)
        for call, places in self._unsure:
            if call.hold not in named:
                self._not_billed(call, places)
        for span in sorted(self._provider.keys() | self._ledger.keys()):
            provider = self._provider.get(span, Counts())
            ledger = self._ledger.get(span, Counts())
            kind = self._kinds.get(span, Kind.UNEXPLAINED) if provider != ledger else None
            if provider or ledger:
                self._result.rows.append(Matched(span, provider, ledger, kind))
        return self._result

    def _counted(self, where: Callable[[Call], int | None]) -> dict[int, Counts]:
        """Our exact calls, each in one span."""
        sums: dict[int, Counts] = {}
        for call, _ in self._exact:
            if (span := where(call)) is not None:
                sums[span] = sums.get(span, Counts()) + call.counts
        return sums

    def _left(self, span: int) -> Counts:
        """What the provider counted and our exact lines don't have."""
        return self._provider.get(span, Counts()) - self._ours.get(span, Counts())

    def _disagreeing(self, ours: dict[int, Counts]) -> list[int]:
        every = self._provider.keys() | ours.keys()
        return sorted(
            span for span in every if self._provider.get(span, Counts()) != ours.get(span, Counts())
        )

    def _groups(self, disagreeing: list[int]) -> list[list[int]]:
        """Spans that disagree, together where a call may be counted in one or another of them."""
        linked: set[int] = set()
        for _, places in (*self._exact, *self._unsure):
            begin = bisect_left(disagreeing, places.first)
            end = bisect_right(disagreeing, places.last)
            linked.update(range(begin, end - 1))
        groups: list[list[int]] = [disagreeing[:1]] if disagreeing else []
        for position, (_, span) in enumerate(pairwise(disagreeing)):
            if position in linked:
                groups[-1].append(span)
            else:
                groups.append([span])
        return groups

    def _explain(self, group: list[int]) -> set[int]:
        """Find out why these spans disagree; returns the holds of the calls that it may be."""
        unsure = [call for call, places in self._unsure if _touches(places, group)]
        edge = [pair for pair in self._edge if _touches(pair[1], group)]
        left = total(map(self._left, group))
        if unsure and _fits(left, unsure):
            kind = next(kind for sure, kind in NAMED if any(c.sure == sure for c in unsure))
            if not edge and not any(self._at_edge(call) for call in unsure):
                self._result.found |= _usage_of_each(left, unsure)
        elif not left or self._edge_explains(left, edge):
            kind = Kind.BOUNDARY
        else:
            kind = Kind.UNEXPLAINED
        for span in group:
            self._kinds[span] = kind
        for call in unsure:
            # Shown where the provider counted it, if it did.
            places = self._spans.places(call)
            self._add(next(s for s in group if places.first <= s <= places.last), call)
        return {call.hold for call in unsure}

    def _edge_explains(self, left: Counts, edge: list[tuple[Call, Places]]) -> bool:
        """True where calls at the edge of the export, counted on the other side, even it out."""
        if len(edge) > MAX_EDGE_CALLS:
            return False
        moved = [
            call.counts if self._spans.at(self._when(call)) is not None else Counts() - call.counts
            for call, _ in edge
        ]
        return any(
            not left + total(some)
            for size in range(1, len(moved) + 1)
            for some in combinations(moved, size)
        )

    def _not_billed(self, call: Call, places: Places) -> None:
        """The provider's count is complete without this call.

        It may still have counted the call after the end of the export, or in place of one that is
        at its edge.
        """
        span = min(max(places.first, 0), places.last)
        self._add(span, call)
        kind = next(kind for sure, kind in NAMED if call.sure == sure)
        self._kinds.setdefault(span, kind)
        late = self._spans.places(call, late=LATE)
        if (
            call.open_line
            and not late.outside
            and not any(
                places.first <= edge.last and edge.first <= places.last for _, edge in self._edge
            )
        ):
            self._result.found[call.hold] = Counts()

    def _add(self, span: int, call: Call) -> None:
        self._ledger[span] = self._ledger.get(span, Counts()) + call.counts

    def _at_edge(self, call: Call) -> bool:
        return self._spans.places(call).outside


def _ended(call: Call) -> datetime:
    return call.ended


def _began(call: Call) -> datetime:
    return call.began


def _touches(places: Places, group: list[int]) -> bool:
    return any(places.first <= span <= places.last for span in group)


def _fits(left: Counts, unsure: list[Call]) -> bool:
    """True where these calls can have used what is left, and no more than was held for them."""
    if left.negative or left.requests > len(unsure) or (left and not left.requests):
        return False
    most = total(call.most for call in unsure)
    output = most.output * OUTPUT_MARGIN + OUTPUT_MARGIN_TOKENS * len(unsure)
    return left.input <= most.input and left.output <= output


def _usage_of_each(left: Counts, unsure: list[Call]) -> dict[int, Counts]:
    """The usage of calls in doubt, as far as one count of all says it."""
    answered = [call for call in unsure if call.sure == Sure.ESTIMATED and not call.open_line]
    open_calls = [call for call in unsure if call.open_line]
    if left.requests and not left.input:
        return {}  # every call sends something: this count says nothing of tokens
    if len(unsure) == 1:
        return {call.hold: left for call in open_calls}
    if left.requests <= len(answered):
        # Of the others some answer had come, so that these requests are theirs.
        return {call.hold: Counts() for call in open_calls}
    return {}
