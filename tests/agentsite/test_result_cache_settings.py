"""How long answers are kept, by environment."""

import os
import subprocess
import sys

import pytest

SHOW = "from agentsite.settings.result_cache import RESULT_CACHE_S; print(RESULT_CACHE_S)"


def kept_in(environment: str, given: str = "") -> int:
    shared = {"SECRET_KEY": "x" * 60, "ENV_FILE": "", "ENVIRONMENT": environment}
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        env={**os.environ, **shared, "RESULT_CACHE_S": given},
        check=True,
        capture_output=True,
        text=True,
    )
    return int(shown.stdout)


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [("development", 3600), ("staging", 3600), ("production", 86_400), ("test", 0)],
)
def test_each_environment_has_its_time(environment: str, seconds: int) -> None:
    assert kept_in(environment) == seconds


@pytest.mark.parametrize("given", ["0", "60"])
def test_what_is_said_counts_everywhere(given: str) -> None:
    assert kept_in("production", given) == int(given)
