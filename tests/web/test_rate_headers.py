"""What clients are told of limits, in each spelling."""

import pytest

from web.limited import waiting_time
from web.rate_headers import openai_rate_headers, rate_headers
from web.ratelimit import Counted, Limit, RateUsage


def counted(*usages: tuple[str, str, int, int]) -> Counted:
    return Counted(
        tuple(
            RateUsage(Limit(group, "x", rate), count, reset) for group, rate, count, reset in usages
        )
    )


OPEN = counted(
    ("submit:user", "10/m", 7, 20),
    ("submit:user", "100/h", 98, 1800),
    ("submit:address", "300/m", 7, 41),
)
FULL = counted(("submit:user", "10/m", 10, 20), ("submit:user", "100/h", 101, 5025))


def test_the_draft_has_all_limits_the_tightest_first() -> None:
    headers = rate_headers(OPEN)
    assert headers["RateLimit-Policy"] == (
        '"perhour";q=100;w=3600, "permin";q=10;w=60, "address-permin";q=300;w=60'
    )
    assert headers["RateLimit"] == (
        '"perhour";r=2;t=1800, "permin";r=3;t=20, "address-permin";r=293;t=41'
    )
    assert "Retry-After" not in headers


def test_the_older_headers_have_the_tightest() -> None:
    headers = rate_headers(OPEN)
    assert headers["X-RateLimit-Limit"] == "100"
    assert headers["X-RateLimit-Remaining"] == "2"
    assert headers["X-RateLimit-Reset"] == "1800"


def test_what_is_refused_says_how_long_to_wait() -> None:
    headers = rate_headers(FULL)
    assert headers["Retry-After"] == headers["X-RateLimit-Reset"] == "5025"
    assert headers["RateLimit"] == '"perhour";r=0;t=5025, "permin";r=0;t=20'


def test_of_two_that_refuse_the_longer_counts() -> None:
    both = counted(("submit:user", "10/m", 11, 20), ("submit:user", "100/h", 101, 900))
    assert rate_headers(both)["Retry-After"] == "900"


def test_openais_clients_read_their_own() -> None:
    assert openai_rate_headers(rate_headers(OPEN)) == {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "2",
        "x-ratelimit-reset-requests": "30m0s",
    }
    assert openai_rate_headers(rate_headers(FULL))["x-ratelimit-reset-requests"] == "1h23m45s"
    soon = counted(("submit:user", "10/m", 1, 20))
    assert openai_rate_headers(rate_headers(soon))["x-ratelimit-reset-requests"] == "20s"


def test_a_policy_has_a_name_of_its_own() -> None:
    named = [
        Limit(group, "x", rate).policy
        for group in ("submit:user", "submit:token")
        for rate in ("1/s", "1/m", "1/h", "1/d", "1/5m")
    ]
    assert named[:5] == ["persecond", "permin", "perhour", "perday", "per300s"]
    assert named[5] == "token-persecond"
    assert len({*named}) == len(named)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (89, "89 seconds"), (90, "2 minutes"), (301, "6 minutes"), (7200, "2 hours")],
)
def test_waiting_times_round_up(seconds: int, words: str) -> None:
    assert waiting_time(seconds) == words
