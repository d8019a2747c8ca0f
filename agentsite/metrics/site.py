"""What Postgres and Redis know: the same whichever process is asked, and whatever was killed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from billing.selectors.totals import totals_by_model
from runs.catalogue.states import model_states
from runs.engine.breaker import State
from runs.engine.registry import KNOWN
from runs.models.tally import BOUNDS_S, RunTally
from runs.operations.selectors.doubts import open_sums
from runs.selectors.forecasts import forecast_record
from runs.selectors.queue import longest_wait
from runs.selectors.totals import active_runs, ended_runs, scheduler_silence, workers
from web.snapshot import one_snapshot

Row = dict[str, Any]
LOST = RunTally.Became.LOST
OUTCOMES = [became for became in RunTally.Became if became is not LOST]
# The kinds are disjoint, but reasoning, which is a part of output.
TOKENS = {
    "fresh_input": "sum_fresh_input_tokens",
    "cached_input": "sum_cached_input_tokens",
    "cache_write": "sum_cache_write_tokens",
    "output": "sum_output_tokens",
    "reasoning": "sum_reasoning_tokens",
}
BREAKER: dict[State, int] = {"closed": 0, "half_open": 1, "open": 2}


def site_metrics() -> list[Metric]:
    """All of them, of one moment; a fixed number of queries, none of which reads the ledger."""
    return [*_of_postgres(), _breakers()]


@one_snapshot
def _of_postgres() -> list[Metric]:
    ended, active = ended_runs(), active_runs()
    return [
        *_ended(ended),
        *_active(active),
        _wait(),
        *_spent(totals_by_model()),
        _held(active),
        _in_doubt(),
        *_workers(),
        *_scheduler(),
        *_forecasts(),
    ]


def _ended(rows: Sequence[Row]) -> Iterable[Metric]:
    """Known patterns without a run are 0, so that a first one is seen as an increase."""
    counts: dict[tuple[str, str], int] = {(p, o): 0 for p in KNOWN for o in OUTCOMES}
    lost: dict[str, int] = dict.fromkeys(KNOWN, 0)
    hits: dict[str, int] = dict.fromkeys(KNOWN, 0)
    for row in rows:
        pattern, became, runs = row["pattern"], row["became"], row["sum_runs"]
        if became == LOST:
            lost[pattern] = lost.get(pattern, 0) + runs
            continue
        counts[pattern, became] = counts.get((pattern, became), 0) + runs
        hits[pattern] = hits.get(pattern, 0) + runs * row["cache_hit"]
    requests = CounterMetricFamily(
        "agent_requests", "Runs that have ended", labels=["pattern", "status"]
    )
    for (pattern, became), runs in counts.items():
        requests.add_metric([pattern, became], runs)
    yield requests
    yield _durations([row for row in rows if row["became"] != LOST])
    yield _counter("agent_cache_hits", "Runs that had their answer from the cache", hits)
    yield _counter("agent_lease_losses", "Runs whose worker died or gave them up", lost)


def _durations(rows: Sequence[Row]) -> Metric:
    seconds: dict[str, float] = dict.fromkeys(KNOWN, 0.0)
    buckets: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS_S) + 1))
    for row in rows:
        seconds[row["pattern"]] = seconds.get(row["pattern"], 0.0) + row["sum_seconds"]
        buckets[row["pattern"]][row["bucket"]] += row["sum_runs"]
    family = HistogramMetricFamily(
        "agent_request_duration_seconds", "From submit to end of runs", labels=["pattern"]
    )
    for pattern, total in seconds.items():
        bounds = [*map(str, BOUNDS_S), "+Inf"]
        upto = zip(bounds, map(float, accumulate(buckets[pattern])), strict=True)
        family.add_metric([pattern], list(upto), total)
    return family


def _active(rows: Sequence[Row]) -> Iterable[Metric]:
    told = {
        "at_work": ("agent_active_requests", "Runs that workers execute"),
        "queued": ("agent_queued_requests", "Runs in the queue"),
        "unpaid": ("agent_queued_for_money_requests", "Runs in the queue that wait for money"),
        "awaiting": ("agent_awaiting_requests", "Runs that wait for a person"),
    }
    for column, (name, what) in told.items():
        counts: dict[str, int] = dict.fromkeys(KNOWN, 0)
        for row in rows:
            counts[row["pattern"]] = counts.get(row["pattern"], 0) + row[column]
        yield _gauge(name, what, "pattern", counts)


def _wait() -> Metric:
    return GaugeMetricFamily(
        "agent_queue_oldest_seconds",
        "How long a run has waited that a worker could take now; 0 without any",
        value=(longest_wait() or timedelta(0)).total_seconds(),
    )


def _spent(rows: Sequence[Row]) -> Iterable[Metric]:
    """Gauges: they fall when an estimate turns out to have been too high."""
    labels = ["model", "simulated"]
    cost = GaugeMetricFamily("agent_cost_usd", "What the ledger says was spent", labels=labels)
    calls = GaugeMetricFamily("agent_charged_calls", "Calls in the ledger", labels=labels)
    tokens = GaugeMetricFamily("agent_tokens", "Tokens in the ledger", labels=[*labels, "kind"])
    for row in rows:
        named = [row["model"], _yes(row["simulated"])]
        cost.add_metric(named, float(row["sum_amount"]))
        calls.add_metric(named, row["sum_calls"])
        for kind, column in TOKENS.items():
            tokens.add_metric([*named, kind], row[column])
    return cost, calls, tokens


def _held(rows: Sequence[Row]) -> Metric:
    sums = {False: Decimal(0), True: Decimal(0)}
    for row in rows:
        sums[row["simulated"]] += row["held"]
    return _dollars("agent_held_usd", "Money that is set aside for calls of runs", sums)


def _in_doubt() -> Metric:
    sums = open_sums()
    by_kind = {False: sums["real"], True: sums["unreal"]}
    return _dollars("agent_in_doubt_usd", "Charges of calls whose outcome is unknown", by_kind)


def _workers() -> Iterable[Metric]:
    found = workers()
    yield GaugeMetricFamily("agent_workers", "Workers with a valid lease", value=found.alive)
    yield GaugeMetricFamily(
        "agent_worker_slots", "Runs that they can execute at once", value=found.slots
    )


def _scheduler() -> Iterable[Metric]:
    """Nothing before it was first heard of."""
    if (silence := scheduler_silence()) is not None:
        yield GaugeMetricFamily(
            "agent_scheduler_silent_seconds",
            "Since the scheduler last had a worker look for alerts",
            value=max(0.0, silence.total_seconds()),
        )


def _forecasts() -> Iterable[Metric]:
    """Those of runs; how many bands held of how many, so that any of them can be summed."""
    labels = ["pattern", "model", "basis", "simulated"]
    scored = GaugeMetricFamily(
        "agent_forecast_scored_runs", "Runs of 90 days whose forecast was scored", labels=labels
    )
    held = GaugeMetricFamily(
        "agent_forecast_held_runs", "Those of them whose cost was in its 80 % band", labels=labels
    )
    for record in forecast_record():
        if record.given_on is None:
            named = [record.pattern, record.model, record.basis, _yes(record.simulated)]
            scored.add_metric(named, record.scored)
            held.add_metric(named, record.held)
    return scored, held


def _breakers() -> Metric:
    """A model is left out while Redis is away."""
    states = {model.model: model.state for model in model_states()}
    known = {model: BREAKER[state] for model, state in states.items() if state}
    return _gauge("agent_breaker_state", "0 closed, 1 half open, 2 open", "model", known)


def _counter(name: str, what: str, counts: dict[str, int]) -> Metric:
    family = CounterMetricFamily(name, what, labels=["pattern"])
    for pattern, count in counts.items():
        family.add_metric([pattern], count)
    return family


def _gauge(name: str, what: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for named, value in values.items():
        family.add_metric([named], value)
    return family


def _dollars(name: str, what: str, sums: dict[bool, Decimal]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=["simulated"])
    for simulated, amount in sums.items():
        family.add_metric([_yes(simulated)], float(amount))
    return family


def _yes(value: bool) -> str:
    return "true" if value else "false"
