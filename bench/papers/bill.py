"""What a run's calls come to: tokens by our own count, and money at the prices of one model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

import orjson

from bench.papers.provider import Body, Call
from runs.engine import tokens

# Of gpt-4.1-mini, in dollars for a million tokens.
MODEL = "gpt-4.1-mini"
INPUT, CACHED, OUTPUT = 0.40, 0.10, 1.60
# OpenAI caches beginnings of at least so many tokens, in steps.
LEAST_CACHED = 1024
CACHE_STEP = 128


@dataclass(frozen=True)
class Bill:
    """The sums of one run. `repeated` is input that repeats the beginning of the request before;
    `cached` is as much of it as a cache with a least length takes.
    """

    calls: int
    input: int
    repeated: int
    cached: int
    output: int

    @property
    def tokens(self) -> int:
        """Both ways."""
        return self.input + self.output

    @property
    def dollars(self) -> float:
        """Without prompt caching."""
        return (self.input * INPUT + self.output * OUTPUT) / 1e6

    @property
    def dollars_cached(self) -> float:
        """With prompt caching as OpenAI does it."""
        return self.dollars - self.cached * (INPUT - CACHED) / 1e6

    @property
    def dollars_repeated(self) -> float:
        """With a cache that takes every beginning, however short."""
        return self.dollars - self.repeated * (INPUT - CACHED) / 1e6


def bill(calls: Sequence[Call]) -> Bill:
    """Add up the calls of a run."""
    asked = [_parts(call.body) for call in calls]
    repeated = [_count(_common(one, other)) for one, other in pairwise(asked)]
    return Bill(
        calls=len(calls),
        input=sum(map(_count, asked)),
        repeated=sum(repeated),
        cached=sum(n - n % CACHE_STEP for n in repeated if n >= LEAST_CACHED),
        output=sum(call.said.output_tokens for call in calls),
    )


def _parts(body: Body) -> list[str]:
    """A request as text in the order in which it is read: tools and schema, then each message."""
    opening = [body.get("tools"), body.get("response_format")]
    return [orjson.dumps(part).decode() for part in (opening, *body["messages"])]


def _common(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The parts with which both begin."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    return [part for part, _ in same]


def _count(parts: Iterable[str]) -> int:
    return sum(map(tokens.count, parts))
