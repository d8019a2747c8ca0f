"""The verdict: a line for each thing that must be zero, and the use of each limit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bench.chaos.load import Load
from bench.chaos.site import Site
from bench.chaos.witness import Use, Witness

MIN_USE = Decimal("0.95")
SHOWN = 8
ENDS = """
    SELECT status || CASE WHEN stop_reason = '' THEN '' ELSE ', ' || stop_reason END
        || coalesce(', ' || (error ->> 'code'), ''), count(*)
    FROM runs_run GROUP BY 1 ORDER BY 2 DESC
"""
CONFIDENCES = "SELECT confidence, count(*) FROM billing_ledgerentry GROUP BY 1 ORDER BY 2 DESC"
RECOVERED = """
    SELECT 'taken over', count(*) FROM runs_runevent
    WHERE type = 'notice' AND data ->> 'code' = 'worker_lost'
    UNION ALL SELECT 'handed back', count(*) FROM runs_runevent
    WHERE type = 'notice' AND data ->> 'code' = 'handed_back'
    UNION ALL SELECT 'steps replayed', count(*) FROM runs_step WHERE replayed
    UNION ALL SELECT 'waited for money', count(DISTINCT run_id) FROM chaos_refusal
    WHERE outcome = 'waiting'
    UNION ALL SELECT 'refused money', count(*) FROM chaos_refusal WHERE outcome = 'exhausted'
"""
DEADLOCK = re.compile(r"ERROR:  deadlock detected")


@dataclass(frozen=True)
class Report:
    """`counts` are (what must be none, what there is of it)."""

    counts: Sequence[tuple[str, Sequence[str]]]
    uses: Sequence[Use]
    summary: Sequence[tuple[str, str]]

    @property
    def failed(self) -> bool:
        """True when anything is not as it must be."""
        poor = any(use.judged and use.share < MIN_USE for use in self.uses)
        return poor or any(wrong for _, wrong in self.counts)

    def __str__(self) -> str:
        lines = [f"{len(wrong):6}  {what}" for what, wrong in self.counts]
        lines += [_use(use) for use in self.uses]
        lines += [f"{name}: {text}" for name, text in self.summary]
        for what, wrong in self.counts:
            lines += [f"! {what}: {line}" for line in wrong[:SHOWN]]
        return "\n".join(lines)


def report(site: Site, witness: Witness, load: Load) -> Report:
    """Hold the ledgers, the streams and the budgets against each other."""
    return Report(
        counts=[
            ("runs lost", witness.lost(load.accepted)),
            ("answers that nobody expects", load.unexpected),
            ("finished calls bought twice", witness.bought_twice()),
            ("bills that are not the provider's", witness.bills(site.billed())),
            ("budgets overspent", witness.overspent()),
            ("false refusals", witness.false_refusals(load.refused)),
            ("leaked holds", witness.leaked()),
            ("windows that are not their ledger lines", witness.windows()),
            ("gaps or duplicates in streams", witness.streams(load.viewed)),
            ("differences in the audit", site.audit()),
            ("faults of our own", witness.faults_of_ours()),
            ("deadlocks", _deadlocks(site)),
        ],
        uses=witness.use(load.refused),
        summary=[
            ("answers to requests", _pairs(load.answers.items())),
            ("submits refused", f"{len(load.refused)}"),
            ("viewers", f"{len(load.viewed)}, cut off {sum(v.cuts for v in load.viewed)} times"),
            ("runs", _pairs(witness.count(ENDS))),
            ("ledger lines", _pairs(witness.count(CONFIDENCES))),
            ("events", _pairs(witness.count(RECOVERED))),
        ],
    )


def _deadlocks(site: Site) -> list[str]:
    log = site.servers.folder / "postgres.log"
    return DEADLOCK.findall(log.read_text(errors="replace"))


def _use(use: Use) -> str:
    verdict = "judged" if use.judged else "not judged"
    return (
        f"{use.share:6.1%}  of the {use.scope} {use.period} limit of ${use.limit_usd:.4f} used"
        f" (${use.refused_usd:.4f} refused, largest hold ${use.largest_hold_usd:.4f}; {verdict})"
    )


def _pairs(pairs: object) -> str:
    return ", ".join(f"{name} {count}" for name, count in pairs)  # type: ignore[attr-defined]
