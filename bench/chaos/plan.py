"""Everything that is to happen, from one seed: who asks for what, when, and what breaks."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

MODEL = "chaos-1"
# US dollars per million tokens. Output is dear, so that what a call costs comes near its hold.
INPUT_PRICE, CACHED_PRICE, OUTPUT_PRICE = "0.50", "0.125", "8.00"
# About what a first call holds: 4,096 tokens of output and its prompt.
HOLD_USD = 0.036
USERS = ("ann", "ben", "cat", "dan", "eve", "fay")
SHARES = (30, 12, 28, 8, 12, 10)
LAST_WAVE = 0.85
FAULTS_FROM, FAULTS_UNTIL = 0.04, 0.97

KILLS = (
    ("worker", "kill"),
    ("postgres", "restart"),
    ("worker", "kill"),
    ("web", "kill"),
    ("worker", "freeze"),
    ("worker", "stop"),
    ("redis", "kill"),
    ("worker", "kill"),
    ("postgres", "kill"),
    ("web", "stop"),
)
# What the provider does wrong, and how often in a hundred runs.
FLAWS = (
    (" [sim: status=429 retry_after=0.2 on=1]", 8),
    (" [sim: status=500 on=1]", 6),
    (" [sim: cut=25 on=1]", 6),
    (" [sim: no_usage]", 6),
    (" [sim: hang=6 on=1]", 4),
    ("", 70),
)


class Limit(NamedTuple):
    """A budget: whose, for how long, and how many holds' worth of money for each run planned."""

    scope: str
    user: str
    period: str
    share: float
    hard: bool = True
    timezone: str = "UTC"


# Ann's and Cat's, and the site's, are at least fifty holds in a run of 300; the others are tight.
LIMITS = (
    Limit("user", "ann", "day", 0.20, timezone="America/St_Johns"),
    Limit("user", "ben", "month", 0.05),
    Limit("site", "", "month", 0.50, timezone="Pacific/Auckland"),
    Limit("token", "cat", "total", 0.19),
    Limit("user", "dan", "day", 0.01, hard=False),
    Limit("token", "eve", "day", 0.03, timezone="Asia/Kathmandu"),
    Limit("user", "eve", "total", 0.06),
)


class Order(NamedTuple):
    """One run to submit; times in seconds, those after the submit from its answer on."""

    number: int
    at_s: float
    user: str
    body: dict[str, object]
    cancel_after_s: float | None
    watch_after_s: tuple[float, ...]


class Fault(NamedTuple):
    """One thing that breaks; `which` picks among several alike."""

    at_s: float
    target: str
    action: str
    which: int


@dataclass(frozen=True)
class Plan:
    """How long, how much and from which seed. The same seed gives the same orders and faults.

    The runs come in so many waves.
    """

    seconds: float = 600
    runs: int = 300
    kills: int = 30
    seed: int = 1
    waves: int = 4

    def limits(self) -> list[tuple[Limit, str]]:
        """The budgets with their limits in US dollars."""
        return [(limit, f"{limit.share * self.runs * HOLD_USD:.6f}") for limit in LIMITS]

    def orders(self) -> list[Order]:
        """The runs by time. They come in waves, those of the large budgets first."""
        random = Random(self.seed)
        users = random.choices(USERS, SHARES, k=self.runs)
        users.sort(key=lambda user: random.random() + (user not in ("ann", "cat")) * 0.4)
        return [self._order(random, number, user) for number, user in enumerate(users)]

    def faults(self) -> Iterator[Fault]:
        """What breaks, by time; Redis is emptied between the kills."""
        random = Random(self.seed + 1)
        step = (FAULTS_UNTIL - FAULTS_FROM) * self.seconds / self.kills
        for number in range(self.kills):
            target, action = KILLS[number % len(KILLS)]
            at_s = FAULTS_FROM * self.seconds + step * (number + 0.8 * random.random())
            yield Fault(at_s, target, action, random.randrange(1000))
            if number % 4 == 3:
                yield Fault(at_s + step / 10, "redis", "empty", 0)

    def _order(self, random: Random, number: int, user: str) -> Order:
        wave = number * self.waves // self.runs
        wave_s = LAST_WAVE * self.seconds / self.waves
        task, body = _task(random, number)
        body |= {"task": task, "model": MODEL, "metadata": {"number": str(number)}}
        if user == "fay" or random.random() < 0.1:
            body["max_cost_usd"] = f"{random.uniform(0.5, 3) * HOLD_USD:.6f}"
        return Order(
            number=number,
            at_s=wave_s * (wave + 0.4 * random.random()),
            user=user,
            body=body,
            cancel_after_s=random.uniform(0, 12) if random.random() < 0.08 else None,
            watch_after_s=tuple(
                random.uniform(0, 10) for _ in range(random.choice((0, 0, 0, 1, 2)))
            ),
        )


def mark(number: int) -> str:
    """The text in a run's task by which the provider's ledger tells whose call it was."""
    return f"(chaos {number:05d})"


def _task(random: Random, number: int) -> tuple[str, dict[str, object]]:
    texts, shares = zip(*FLAWS, strict=True)
    flaw = random.choices(texts, shares)[0]
    kind = random.random()
    if kind < 0.7:
        chunks, rate = random.randrange(2200, 3900), random.randrange(200, 1000)
        task = f"Describe a lighthouse. [sim: chunks={chunks} tokens_per_s={rate}]"
        return f"{task}{flaw} {mark(number)}", {"tools": []}
    # Several calls, slow enough to be interrupted between the first and the last.
    if kind < 0.85:
        pace = f"[sim: tokens_per_s={random.randrange(6, 30)}]"
        return f"What is 17 % of 2,340, minus 58? {pace}{flaw} {mark(number)}", {}
    pace = f"[sim: tokens_per_s={random.randrange(50, 200)}]"
    return f"Explain tides to a sailor. {pace}{flaw} {mark(number)}", {"pattern": "reflection"}
