"""Live messages a second through one daphne, and how late they come to many viewers of one run."""

from collections.abc import Callable

from bench.measure import Measurement, measure
from bench.page_under_load import PAGE, page_p95_ms
from bench.results import Report
from bench.servers import Servers
from bench.site import Site

RUNS = 100
RATES = (200, 400, 800, 1600, 2400, 3200, 4800)
TICKS_A_SECOND = 50
HELD_MS = 250
VIEWERS = (1, 100, 1000)
PAUSE_S = 0.25
TARGET_RATE, AIM_RATE, TARGET_MS = 1600, 3200, 100


def run(servers: Servers, seconds: float = 6.0) -> Report:
    """First ever more runs' messages, then ever more viewers of one run."""
    with Site(servers) as site:
        address = f"http://{site.address}"

        def measured(*arguments: object) -> Measurement:
            options = ("--pid", site.processes[0].pid, "--seconds", seconds, *arguments)
            return measure("live", site.address, *options, env=servers.env)

        rates = [_of_rate(rate, measured) for rate in RATES]
        viewers = [_of_viewers(count, measured) for count in VIEWERS]
        idle_ms = page_p95_ms(site, address, seconds, None)
        busy_ms = page_p95_ms(site, address, seconds, lambda: _of_rate(TARGET_RATE, measured))
    return Report(
        "messages from Redis to viewers, through one daphne",
        [
            ("viewers", "messages a second, each to one run", "p50 ms", "p95 ms", "lost", "CPU"),
            *rates,
            *viewers,
        ],
        [
            f"Pieces of text, to {RUNS} runs with a viewer each, and to one run with ever more"
            " viewers. Times are from the message's way into Redis to the viewer; a rate is held"
            f" where nothing is lost and p95 is within {HELD_MS} ms. CPU is daphne's, in cores; the"
            " viewers and Redis share the machine. Target: at least"
            f" {TARGET_RATE} a second held, aim {AIM_RATE}; {max(VIEWERS)} viewers of one run"
            f" within {TARGET_MS} ms at p95.",
            f"`GET {PAGE}` takes {busy_ms:.0f} ms at p95 while {RUNS} pages of runs are open and"
            f" get {TARGET_RATE} messages a second, {idle_ms:.0f} ms while none is:"
            f" {busy_ms / idle_ms:.1f} times as long.",
        ],
    )


def _of_rate(rate: int, measured: Callable[..., Measurement]) -> tuple[str, ...]:
    return _row(f"{RUNS}", measured("--runs", RUNS, "--count", rate // TICKS_A_SECOND))


def _of_viewers(count: int, measured: Callable[..., Measurement]) -> tuple[str, ...]:
    return _row(f"{count} of one run", measured("--viewers", count, "--every", PAUSE_S))


def _row(viewers: str, found: Measurement) -> tuple[str, ...]:
    figures = ("sent_a_second", "p50_ms", "p95_ms", "lost")
    return (viewers, *(f"{found[name]:.0f}" for name in figures), f"{found['cpu']:.2f}")
