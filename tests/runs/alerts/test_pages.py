"""The pages of alerts, by a browser that runs no script."""

import re
from typing import Any

import pytest

from accounts.models import ApiToken, User
from runs.alert_models import OF_SITE, Alert, AlertNotice, AlertPreferences, Kind, TokenGuard
from runs.alerts.selectors import PAGE, preferences_of
from runs.alerts.services.preferences import Pausing, Ways, set_preferences
from runs.alerts.services.telling import tell
from runs.alerts.sweep import sweep
from runs.engine.breaker import CLOSED
from runs.webhooks.services import create_webhook
from tests.runs.alerts.findings import RUN, doubt
from tests.runs.breaking import opened, put

pytestmark = pytest.mark.django_db
PAGE_OF_USER, PAGE_OF_STAFF = "/alerts/", "/ops/alerts/"
FORM = {"daily": "no", "daily_hour": "8", "timezone": "UTC"}


def text_of(client: Any, page: str, status: int = 200) -> str:
    answer = client.get(page)
    assert answer.status_code == status
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_an_alert_stands_there_with_what_was_delivered(alice: User, client_for: Any) -> None:
    create_webhook(
        owner=alice, url="https://hooks.example.org/a", events=["alert"], description="Pager"
    )
    tell(doubt(alice))
    page = text_of(client_for(alice), PAGE_OF_USER)
    assert "1 call of a run in doubt" in page
    assert "The most that they can have cost, $0.50" in page
    assert "Email: waiting" in page
    assert "Pager: waiting" in page
    assert f'href="/runs/{RUN}/"' in client_for(alice).get(PAGE_OF_USER).content.decode()


def test_an_alert_is_one_line_with_the_way_that_fared_worst(alice: User, client_for: Any) -> None:
    create_webhook(owner=alice, url="https://hooks.example.org/a", events=["alert"])
    tell(doubt(alice))
    line = r"<details class=\"told\">\s*<summary>(.*?)</summary>"
    for mail, worst in (("sent", "waiting"), ("failed", "failed")):
        AlertNotice.objects.update(mail=mail)
        (summary,) = re.findall(line, client_for(alice).get(PAGE_OF_USER).content.decode(), re.S)
        assert re.sub(r"<[^>]+>", " ", summary).split("doubt")[1].split()[0] == worst
        assert "The most that they can have cost" not in summary


def test_someone_elses_alert_is_not_there(alice: User, bob: User, client_for: Any) -> None:
    tell(doubt(alice))
    assert "Nothing to tell" in text_of(client_for(bob), PAGE_OF_USER)


def test_what_is_told_by_no_way_stands_there_all_the_same(alice: User, client_for: Any) -> None:
    set_preferences(user=alice, ways={Kind.DOUBT: Ways(mail=False, webhook=False)})
    tell(doubt(alice))
    assert "on this page alone" in text_of(client_for(alice), PAGE_OF_USER)


def test_older_alerts_are_on_the_next_page(
    alice: User, client_for: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(PAGE + 2):
        tell(doubt(alice, f"run-{number}"))
    client = client_for(alice)
    with django_assert_max_num_queries(12):
        html = client.get(PAGE_OF_USER).content.decode()
    assert html.count("1 call of a run in doubt") == PAGE
    (before,) = re.findall(r'href="\?before=([0-9a-f-]+)"', html)
    older = client.get(PAGE_OF_USER, {"before": before}).content.decode()
    assert older.count("1 call of a run in doubt") == 2


def test_preferences_are_saved(alice: User, client_for: Any) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="ci")
    client = client_for(alice)
    given = {
        **FORM,
        "mail": ["budget", "spend_rate"],
        "webhook": ["doubt"],
        "daily": "yes",
        "daily_hour": "18",
        "timezone": "Europe/Berlin",
        "pause": [str(token.pk)],
    }
    assert client.post(PAGE_OF_USER, given).status_code == 302
    wishes = preferences_of(alice)
    assert (wishes.no_mail, set(wishes.no_webhook)) == (["doubt"], {"budget", "spend_rate"})
    assert (wishes.daily, wishes.daily_hour, wishes.timezone) == (True, 18, "Europe/Berlin")
    assert [guard.pk for guard in TokenGuard.objects.filter(pauses=True)] == [token.pk]
    html = client.get(PAGE_OF_USER).content.decode()
    assert '<option value="Europe/Berlin" selected>' in html
    assert re.search(rf'value="{token.pk}" checked', html)
    client.post(PAGE_OF_USER, FORM)
    assert not TokenGuard.objects.filter(pauses=True).exists()


@pytest.mark.parametrize(
    "change", [{"daily_hour": "25"}, {"timezone": "Mars/Olympus"}, {"pause": RUN}]
)
def test_a_form_that_can_not_be_used_is_shown_again(
    alice: User, client_for: Any, change: dict[str, str]
) -> None:
    answer = client_for(alice).post(PAGE_OF_USER, {**FORM, **change})
    assert answer.status_code == 422
    assert "error-text" in answer.content.decode()
    assert not AlertPreferences.objects.exists()


def test_a_test_is_sent(alice: User, client_for: Any) -> None:
    client = client_for(alice)
    answer = client.post("/alerts/test/", follow=True)
    assert "The test is on its way" in answer.content.decode()
    assert Alert.objects.get().kind == Kind.TEST
    answers = [client.post("/alerts/test/").status_code for _ in range(5)]
    assert answers == [302] * 4 + [429]


def test_the_page_says_where_no_mail_will_come(alice: User, client_for: Any, settings: Any) -> None:
    User.objects.filter(pk=alice.pk).update(verified_at=None)
    assert "isn’t verified" in text_of(client_for(alice), PAGE_OF_USER)
    settings.SENDS_MAIL = False
    assert "This site sends no email." in text_of(client_for(alice), PAGE_OF_USER)


def test_staff_see_the_sites_alerts_and_choose_theirs(
    staff: User, alice: User, client_for: Any
) -> None:
    put("gpt-4.1-mini", opened())
    sweep()
    put("gpt-4.1-mini", CLOSED)
    client = client_for(staff)
    page = text_of(client, PAGE_OF_STAFF)
    assert "Calls of “gpt-4.1-mini” keep failing" in page
    assert "Staff" in page
    assert client.post(PAGE_OF_STAFF, {"mail": ["audit"]}).status_code == 302
    wishes = preferences_of(staff)
    assert Kind.AUDIT not in wishes.no_mail
    assert Kind.BREAKER in wishes.no_mail
    assert Kind.BUDGET not in wishes.no_mail
    assert client_for(alice).get(PAGE_OF_STAFF).status_code == 404


def test_one_page_does_not_change_what_the_other_decides(staff: User, client_for: Any) -> None:
    client = client_for(staff)
    client.post(PAGE_OF_STAFF, {})
    client.post(PAGE_OF_USER, {**FORM, "mail": ["budget", "doubt", "spend_rate"]})
    assert set(preferences_of(staff).no_mail) == set(OF_SITE)


def test_a_paused_token_is_named_on_top(alice: User, client_for: Any) -> None:
    token, _ = ApiToken.objects.issue(user=alice, name="nightly")
    set_preferences(user=alice, ways={}, pausing=Pausing(False, [token.pk]))
    assert "is paused" not in text_of(client_for(alice), PAGE_OF_USER)
    TokenGuard.objects.update(paused_at="2026-11-29T12:00:00Z")
    assert "Token “nightly” is paused" in text_of(client_for(alice), PAGE_OF_USER)
