"""How long answers are kept, by environment."""

import pytest

from tests.agentsite.saying import said

SHOW = "from agentsite.settings.base import RESULT_CACHE_S; print(RESULT_CACHE_S)"


def kept_in(environment: str, given: str = "") -> int:
    code, shown = said(SHOW, ENVIRONMENT=environment, RESULT_CACHE_S=given)
    assert code == 0, shown
    return int(shown)


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [("development", 60), ("staging", 300), ("production", 3600), ("test", 0)],
)
def test_each_environment_has_its_time(environment: str, seconds: int) -> None:
    assert kept_in(environment) == seconds


@pytest.mark.parametrize("given", ["0", "60"])
def test_what_is_said_counts_everywhere(given: str) -> None:
    assert kept_in("production", given) == int(given)
