"""A thousand paid calls at a time at the edge of a budget: what the provider bills beyond it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus

import aiohttp

from bench.chaos.plan import MODEL, Limit
from bench.chaos.site import Site
from bench.chaos.witness import Witness, cost_of
from bench.processes import memory_mb
from bench.results import Report
from bench.servers import Servers

AT_ONCE = 1000
CLIENTS = 1500
WARM_UP = 50
TOKENS, RATE = 160, 1
POLL_S = 0.25
ANSWER_S = 600.0
# About what a call's hold allows, so that what it costs comes near to it.
CAP = 164
LARGEST_HOLD = "SELECT max(amount) FROM billing_hold"
IN_FLIGHT = "SELECT count(*) FROM billing_hold WHERE state = 'dispatched'"
CHARGED = """
    SELECT coalesce(sum(e.amount), 0) FROM billing_ledgerentry e
    JOIN accounts_user u ON u.id = e.owner_id WHERE u.email = 'edge@example.org'
"""


class Edge(Site):
    """A site whose two workers carry all calls at a time."""

    def __init__(self, servers: Servers) -> None:
        super().__init__(servers)
        servers.env |= {
            "WORKER_CAPACITY": f"{AT_ONCE}",
            "USER_CONCURRENCY": f"{2 * AT_ONCE}",
            "USER_LIVE_CONNECTIONS": f"{2 * CLIENTS}",
            "WORKER_LEASE_S": "30",
            "PROVIDER_TIMEOUT_S": "60",
        }


@dataclass
class Seen:
    """What clients were answered, and the most calls and memory that were seen meanwhile."""

    answers: Counter[int] = field(default_factory=Counter)
    calls: int = 0
    memory_mb: float = 0.0


def run(servers: Servers) -> Report:
    """Warm the workers up, give a budget for so many holds, and let all clients ask at once."""
    with Edge(servers) as site:
        witness = Witness(servers.postgres.url)
        site.prepare(["warm"], [])
        warm = asyncio.run(_ask(site, witness, "warm", WARM_UP))
        if set(warm.answers) != {HTTPStatus.OK}:
            raise RuntimeError(f"the warm-up was answered {dict(warm.answers)}")
        before_mb = _memory_mb(site)
        budget = Decimal(witness.count(LARGEST_HOLD)[0][0]) * AT_ONCE
        site.prepare(["edge"], [(Limit("user", "edge", "total", share=1.0), f"{budget}")])
        seen = asyncio.run(_ask(site, witness, "edge", CLIENTS))
        billed = sum(_billed(site), Decimal(0))
        charged = Decimal(witness.count(CHARGED)[0][0])
        _check(seen, billed, charged, [*witness.overspent(), *witness.leaked(), *site.audit()])
    return _report(seen, budget, billed, charged, seen.memory_mb - before_mb)


async def _ask(site: Site, witness: Witness, user: str, clients: int) -> Seen:
    """All clients at once, each with one chat completion, watched until the last has its answer."""
    seen = Seen()
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=ANSWER_S)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, headers=site.headers(user)
    ) as session:
        asked = asyncio.gather(*(_client(session, site, user, seen) for _ in range(clients)))
        while not asked.done():
            seen.calls = max(seen.calls, (await asyncio.to_thread(witness.count, IN_FLIGHT))[0][0])
            seen.memory_mb = max(seen.memory_mb, _memory_mb(site))
            await asyncio.sleep(POLL_S)
        await asked
    return seen


async def _client(session: aiohttp.ClientSession, site: Site, user: str, seen: Seen) -> None:
    text = f"Describe a lighthouse. [sim: chunks={TOKENS} tokens_per_s={RATE}] ({user})"
    message = {"role": "user", "content": text}
    body = {"model": MODEL, "messages": [message], "max_completion_tokens": CAP}
    url = f"http://{site.address}/v1/chat/completions"
    async with session.post(url, json=body) as answer:
        await answer.read()
        seen.answers[answer.status] += 1


def _memory_mb(site: Site) -> float:
    return sum(memory_mb(worker.pid) for worker in site.workers)


def _billed(site: Site) -> Iterator[Decimal]:
    """What each call of the budget's user cost at the provider."""
    return (cost_of(row) for row in site.billed() if "(edge)" in str(row["task"]))


def _check(seen: Seen, billed: Decimal, charged: Decimal, wrong: list[str]) -> None:
    expected = {HTTPStatus.OK, HTTPStatus.PAYMENT_REQUIRED}
    if set(seen.answers) - expected or not all(seen.answers[one] for one in expected):
        wrong.append(f"answers: {dict(seen.answers)}")
    if billed != charged:
        wrong.append(f"billed ${billed}, in the ledger ${charged}")
    if wrong:
        raise RuntimeError("; ".join(wrong))


def _report(
    seen: Seen, budget: Decimal, billed: Decimal, charged: Decimal, grown_mb: float
) -> Report:
    head = (
        *("clients", "calls in flight", "answered", "refused", "budget $"),
        *("billed by the provider $", "in the ledger $", "beyond the budget $", "MB a run"),
    )
    row = (
        *(f"{CLIENTS:,}", f"{seen.calls:,}", f"{seen.answers[HTTPStatus.OK]:,}"),
        *(f"{seen.answers[HTTPStatus.PAYMENT_REQUIRED]:,}", f"{budget:.6f}"),
        *(f"{billed:.6f}", f"{charged:.6f}", f"{max(billed - budget, Decimal(0)):.2f}"),
        f"{grown_mb / max(1, seen.calls):.3f}",
    )
    return Report(
        "a thousand calls at a time at the edge of a budget",
        [head, row],
        [
            "Chat completions of one user, whose hard budget is worth the holds of"
            f" {AT_ONCE:,} calls. The provider is the simulator; what it billed comes from its own"
            " ledger. The budget's windows were never above their limit, no hold was left, the"
            " audit found no difference and both ledgers agree to the last digit, else the"
            " benchmark fails. MB a run: what the workers grew by, after a first"
            f" {WARM_UP} calls, for each call in flight. Targets: 0.00 beyond the budget; 0.15 MB."
        ],
    )
