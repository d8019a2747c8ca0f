"""Limits by environment, and what is told when a secret or a pattern can't be used."""

from pathlib import Path

import pytest

from tests.agentsite.saying import said

LIMITS = (
    "from agentsite.settings.rate_limits import RATE_LIMITS as r; print(r['submit'], r['address'])"
)
DENIED = "from agentsite.settings.denied_patterns import DENIED_PATTERNS as d; print(*d)"
JWT = "from agentsite.settings.bearers import JWT_SECRET_KEY as k; print(len(k))"


@pytest.mark.parametrize(
    ("environment", "limits"),
    [
        ("development", "600/m 3000/m"),
        ("staging", "10/m,100/h 300/m,3000/h"),
        ("production", "10/m,100/h 300/m,3000/h"),
    ],
)
def test_each_environment_has_its_limits(environment: str, limits: str) -> None:
    assert said(LIMITS, ENVIRONMENT=environment) == (0, limits)


def test_limits_that_are_said_count_everywhere() -> None:
    given = {"RATE_LIMIT_SUBMIT": "5/m,7/2h", "RATE_LIMIT_ADDRESS": "9/s"}
    assert said(LIMITS, ENVIRONMENT="production", **given) == (0, "5/m,7/2h 9/s")


@pytest.mark.parametrize("rates", ["5", "5/m,", "5/0m", "5/m, 7/h", "-1/m", "5/y"])
def test_rates_that_make_no_sense_end_the_start(rates: str) -> None:
    code, line = said(LIMITS, RATE_LIMIT_SUBMIT=rates)
    assert code == 1
    assert line.startswith("agentsite: bad environment: RATE_LIMIT_SUBMIT")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("x" * 31, "needs at least 32 bytes"),
        ("-----BEGIN PUBLIC KEY-----" + "x" * 32, "one of a pair of keys"),
        ("ssh-rsa " + "x" * 32, "one of a pair of keys"),
    ],
)
def test_a_secret_of_jwts_that_is_weak_or_none_ends_the_start(key: str, reason: str) -> None:
    code, line = said(JWT, JWT_SECRET_KEY=key)
    assert code == 1
    assert line.startswith("agentsite: bad environment: JWT_SECRET_KEY")
    assert reason in line
    assert "xxx" not in line


def test_a_secret_of_jwts_is_taken_from_32_bytes_on() -> None:
    assert said(JWT, JWT_SECRET_KEY="é" * 16) == (0, "16")
    assert said(JWT) == (0, "0")


def test_patterns_are_read_from_their_file(tmp_path: Path) -> None:
    file = tmp_path / "deny.txt"
    file.write_text("# none of these\n(?i)secret\n\n\\d{16}\n")
    assert said(DENIED, DENIED_PATTERNS=str(file)) == (0, r"(?i)secret \d{16}")
    file.write_text("(")
    code, line = said(DENIED, DENIED_PATTERNS=str(file))
    assert (code, line.count("\n")) == (1, 0)
    assert "unclosed group" in line
    code, line = said(DENIED, DENIED_PATTERNS=str(tmp_path / "none.txt"))
    assert (code, "No such file" in line) == (1, True)
