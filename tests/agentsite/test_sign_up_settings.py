"""Who may sign up, by environment: strangers only where someone said so."""

import json

import pytest

from tests.agentsite.saying import said

SHOW = (
    "import json; from agentsite.settings import sign_up as s;"
    "print(json.dumps([s.SIGNUP_OPEN, s.NEW_USER_BUDGET_USD and str(s.NEW_USER_BUDGET_USD),"
    " s.VERIFIED_SIGN_IN]))"
)
NOTHING = {"SIGNUP_OPEN": "", "NEW_USER_BUDGET_USD": "", "EMAIL_HOST": ""}


def settings_of(environment: str, **given: str) -> list[object]:
    code, shown = said(SHOW, **{**NOTHING, "ENVIRONMENT": environment, **given})
    assert code == 0, shown
    read: list[object] = json.loads(shown)
    return read


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_a_site_for_others_begins_closed_and_with_a_budget(environment: str) -> None:
    assert settings_of(environment) == [False, "10", False]


def test_a_developer_s_site_is_open_and_has_no_budget() -> None:
    assert settings_of("development") == [True, None, False]


def test_what_is_said_counts_everywhere() -> None:
    given = {"SIGNUP_OPEN": "true", "NEW_USER_BUDGET_USD": "2.5", "EMAIL_HOST": "mail.example.org"}
    assert settings_of("production", **given) == [True, "2.5", True]
    assert settings_of("development", SIGNUP_OPEN="false")[0] is False
