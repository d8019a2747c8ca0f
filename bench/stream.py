"""CPU time of one streamed answer in the client: our stream reader against the SDK's objects."""

from bench.measure import ROUNDS, interleaved, measure
from bench.results import Report
from bench.servers import Servers

NAMES = {
    "sdk": "`AsyncOpenAI`, its own objects",
    "product": "`runs.engine.provider.openai_model.OpenAIModel`",
}
TARGET = 0.25


def run(servers: Servers) -> Report:
    """Measure both sides in turn."""
    with servers.provider() as url:
        figures = interleaved(
            tuple(NAMES), lambda side: measure("stream", side, url, env=servers.env)
        )
    base_ms = figures["sdk"]["cpu_ms"]
    rows = [
        (name, f"{figures[side]['cpu_ms']:.1f}", f"{figures[side]['cpu_ms'] / base_ms:.2f}")
        for side, name in NAMES.items()
    ]
    return Report(
        "client CPU of one streamed answer",
        [("client", "CPU ms per answer", "ratio"), *rows],
        [
            "200 chunks in 1 s, 10 answers at a time, both clients on uvloop, user and system time"
            f" of the client's process; medians of {ROUNDS} interleaved rounds."
            f" Target: a ratio of at most {TARGET}."
        ],
    )
