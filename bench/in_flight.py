"""How many runs one worker process carries before they take longer than the provider does."""

from typing import NamedTuple

from bench.measure import Measurement, measure
from bench.results import Report
from bench.servers import Servers

LADDER = (
    *(4, 6, 8, 12, 16, 24, 32, 40, 50, 64, 80, 100, 125, 160, 200, 250),
    *(320, 400, 500, 640, 800, 1000, 1250, 1600),
)
LIMIT = 1.10
# A result so near to the limit may be chance, and is tried once more.
NEAR = 1.25
# So much is measured with one client at one speed at most, whatever the machine is busy with.
MEASUREMENTS = 6
# With few runs at a time, each slot executes two, so that there is a percentile to take.
FEW = 24
NAMES = {"sdk": "`AsyncOpenAI`, its own objects", "product": "the product's reader"}


class Case(NamedTuple):
    """A provider's speed, and where to begin on the ladder with each client."""

    rate: int
    chunks: int
    begin: dict[str, int]
    aim: int


CASES = (
    Case(rate=200, chunks=200, begin={"sdk": 24, "product": 100}, aim=100),
    Case(rate=20, chunks=60, begin={"sdk": 125, "product": 500}, aim=500),
)


class Carried(NamedTuple):
    """The most runs that stayed within the limit, and how they did."""

    runs: int
    figures: Measurement


NOTHING = Carried(0, {"p50": 0, "p95": 0, "cpu_ms": 0, "memory_mb": 0})


def run(servers: Servers) -> Report:
    """Climb the ladder with each client at each speed."""
    rows: list[tuple[str, ...]] = []
    with servers.provider() as url:
        for case in CASES:
            carried = {side: Climb(servers.env, url, case, side).carried() for side in NAMES}
            base = carried["sdk"].runs
            rows += [_row(case, name, carried[side], base) for side, name in NAMES.items()]
    aims = " and ".join(f"{case.aim} at {case.rate}" for case in CASES)
    return Report(
        "runs in flight in one worker process",
        [("chunks a second", "client", "runs", "ratio", "p50", "p95", "CPU ms a run", "MB"), *rows],
        [
            "Runs of five streamed calls, each with its hold and settle in Postgres over at most 8"
            " connections, journal and events included, nobody watching. The figure is the most"
            f" runs at a time whose p95 stays within {LIMIT - 1:.0%} of the provider's own time"
            " (p50 and p95 are multiples of it)."
            f" Targets: five times the SDK's figure; {aims} chunks a second."
        ],
    )


class Climb:
    """One client at one speed on its way up the ladder."""

    def __init__(self, env: dict[str, str], url: str, case: Case, side: str) -> None:
        self._env = env
        self._url = url
        self._case = case
        self._side = side
        self._left = MEASUREMENTS

    def carried(self) -> Carried:
        """From a likely step up while it holds; else down, two steps at once, until it does."""
        step = LADDER.index(self._case.begin[self._side])
        best = self._try(LADDER[step])
        if best:
            while step + 1 < len(LADDER) and (better := self._try(LADDER[step + 1])):
                best, step = better, step + 1
            return best
        while step > 0 and not best and self._left:
            step = max(step - 2, 0)
            best = self._try(LADDER[step])
        return best or NOTHING

    def _try(self, runs: int) -> Carried | None:
        """Whether so many runs stay within the limit."""
        rounds = 2 if runs < FEW else 1
        pace = ("--chunks", self._case.chunks, "--rate", self._case.rate)
        p95 = NEAR
        for _ in range(2):
            if not self._left or p95 > NEAR:
                break
            self._left -= 1
            options = ("--runs", runs, "--rounds", rounds, *pace)
            figures = measure("in_flight", self._side, self._url, *options, env=self._env)
            p95 = figures["p95"]
            print(
                f"  {self._case.rate} chunks/s, {self._side}, {runs} runs: p95 {p95:.3f}",
                flush=True,
            )
            if p95 <= LIMIT:
                return Carried(runs, figures)
        return None


def _row(case: Case, name: str, carried: Carried, base: int) -> tuple[str, ...]:
    ratio = f"{carried.runs / base:.1f}" if base else "–"
    figures = carried.figures
    return (
        f"{case.rate}",
        name,
        f"{carried.runs}",
        ratio,
        f"{figures['p50']:.3f}",
        f"{figures['p95']:.3f}",
        f"{figures['cpu_ms']:.1f}",
        f"{figures['memory_mb']:.0f}",
    )
