"""The papers' claims in counts: calls, tokens, money and time of the patterns on the same task."""

from bench.papers import chain_tables, chains, lookups, other_tables
from bench.papers.bill import CACHE_STEP, CACHED, INPUT, LEAST_CACHED, MODEL, OUTPUT
from bench.papers.provider import Pace
from bench.results import Report, table


def run(_: object = None) -> Report:
    """Play the look-ups and the searches, and set the figures beside those of the papers."""
    played = chain_tables.play_all(range(1, chains.MOST + 1))
    tables = chain_tables.all_of(played) | other_tables.all_of()
    (title, rows), *others = tables.items()
    notes = [f"\n### {name}\n\n{table(found)}\n" for name, found in others]
    notes[:0] = [f"Above: {title}.", *_how()]
    return Report("the papers' claims, counted", rows, notes)


def _how() -> list[str]:
    pace = Pace()
    prices = f"${INPUT:.2f} in, ${CACHED:.2f} cached, ${OUTPUT:.2f} out for a million"
    return [
        f"k look-ups, each of which takes {lookups.TOOL_S:g} s and brings {lookups.FACTS} words."
        " The engine runs in memory on a scripted provider over HTTP, whose model makes no mistake;"
        f" its first token comes after {pace.first_s:g} s, each further one"
        f" {pace.token_s * 1000:g} ms later. The clock is virtual, so that every figure is the"
        " same on every machine. Tokens are those of the requests as they were sent, by our own"
        " count; `repeated` is input that repeats the beginning of the request before. Money is in"
        f" thousandths of a dollar at the prices of {MODEL} ({prices}): without prompt caching,"
        f" with OpenAI's (from {LEAST_CACHED} tokens on, in steps of {CACHE_STEP}), and with one"
        " that takes every repeated token. Whether the answers are right can't be reproduced with"
        " a scripted model: the papers' accuracy is not judged here.",
        "Half the money is half of the most that the run with all of it had held and charged, its"
        " closing call included. The model keeps to the limits that it is told. Runs that don't end"
        " as planned end with a closing call: each of them has an answer, a best effort. LATS plans"
        " no less than one iteration, whose candidates are scored at once, and STORM no less than"
        " one section after five calls of research: that may be more than half.",
    ]
