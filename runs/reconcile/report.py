"""The whole comparison: whose rows are ours, each model span by span, then the costs by day."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from billing.money import UnitPrices
from billing.served import NOT_DEARER, plain_name
from runs.reconcile.costs import calls_by_model, compare_costs
from runs.reconcile.counts import Call, Counts, Export, Kind, Reported, total
from runs.reconcile.errors import BadExport
from runs.reconcile.matching import match
from runs.reconcile.rows import Row, Sums, sums_of
from runs.reconcile.spans import Spans

# Cheaper tiers that this site never asks for.
OTHER_TIERS = frozenset({"flex", "batch", "scale"})


@dataclass(frozen=True, slots=True)
class Own:
    """What is this site's: the ids of its API keys, all its models, and their base prices.

    Without a key's id, the rows of one key are its own. `complete_until` is when the provider's own
    figures are complete.
    """

    keys: frozenset[str]
    models: Collection[str]
    prices: Mapping[str, UnitPrices]
    complete_until: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What the comparison found. `found` has the exact usage of calls in doubt, by hold."""

    rows: Sequence[Row]
    found: Mapping[int, Counts]
    sums: Sequence[Sums] = ()
    provider: Counts = field(default_factory=Counts)
    ledger: Counts = field(default_factory=Counts)

    @property
    def unexplained(self) -> int:
        """How many rows nobody can explain."""
        return sum(row.kind == Kind.UNEXPLAINED for row in self.rows)


def compare(export: Export, calls: Sequence[Call], own: Own) -> Report:
    """Hold a provider's figures against the ledger. Raises `BadExport`."""
    _check_keys(export, own)
    recent = [row for row in export.usage if row.end > own.complete_until]
    usage = [row for row in export.usage if row.end <= own.complete_until]
    spans = Spans((row.start, row.end) for row in usage)
    ours = {plain_name(name) for name in own.models}
    rows = [_aside(row, Kind.TOO_RECENT, own) for row in recent if row.counts]
    found: dict[int, Counts] = {}
    provider: dict[str, dict[int, Counts]] = defaultdict(dict)
    by_key = any(row.api_key for row in usage)
    for row in usage:
        name = plain_name(row.model)
        if not row.counts:
            continue
        if not _is_ours(row, own, by_key=by_key) or name not in ours:
            rows.append(_aside(row, Kind.NOT_OURS, own))
        elif (span := spans.at(row.start)) is not None:
            provider[name][span] = provider[name].get(span, Counts()) + row.counts
    by_model = calls_by_model(calls)
    for name in sorted(provider.keys() | by_model.keys()):
        matched = match(spans, provider[name], by_model.get(name, []))
        if matched.is_evidence:
            found |= matched.found
        rows += [
            Row.of(*spans.all[one.span], name, one.provider, one.ledger, one.kind, own.prices)
            for one in matched.rows
        ]
    rows += compare_costs(export.costs, calls, own.keys, ours, own.complete_until)
    rows.sort(key=lambda row: (row.start, row.model, row.kind or ""))
    return Report(
        rows,
        found,
        sums_of(rows),
        total(row.provider for row in rows if not row.aside),
        total(row.ledger for row in rows if not row.aside),
    )


def _is_ours(row: Reported, own: Own, *, by_key: bool) -> bool:
    """`by_key`: the rows name keys, so that one without a key is nobody's call of ours."""
    if by_key and own.keys and row.api_key not in own.keys:
        return False
    return row.tier in NOT_DEARER - OTHER_TIERS


def _check_keys(export: Export, own: Own) -> None:
    """Raise where it can't be known which rows are this site's."""
    keys = {row.api_key for row in export.usage if row.api_key and row.counts}
    if not own.keys and len(keys) > 1:
        raise BadExport(
            f"It has usage of {len(keys)} API keys ({', '.join(sorted(keys)[:5])}): say which is "
            "this site's own."
        )
    if any(not row.model for row in export.usage if row.counts):
        raise BadExport("Its usage isn't grouped by model: ask for group_by=model.")


def _aside(row: Reported, kind: Kind, own: Own) -> Row:
    return Row.of(row.start, row.end, row.model, row.counts, Counts(), kind, own.prices)
