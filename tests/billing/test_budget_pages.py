"""The Budgets page: figures that add up, and staff who set, change and delete."""

import re
from decimal import Decimal
from typing import Any

import pytest

from accounts.services import revoke_token
from billing.models import Budget
from billing.templatetags.money import usd_exact
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory, set_budget

pytestmark = pytest.mark.django_db

PAGE, PREVIEW = "/budgets/", "/budgets/preview/"
NEW = {
    "scope": "user",
    "user": "alice@example.org",
    "token": "",
    "period": "month",
    "timezone": "Europe/Paris",
    "limit_usd": "0.50",
    "kind": "hard",
}


def words(html: str) -> str:
    text = re.sub(r"<[^>]+>", " ", html)
    return " ".join(text.split())


def seen(html: str) -> Any:
    return re.findall(r'name="seen" value="([^"]+)"', html)[0]


@pytest.fixture
def spending(alice):
    """A run that has bought and holds money, with one of someone else's."""
    run = journal.start(RunFactory.create(owner=alice, task="Mine holds this"))
    journal.buy(run)
    journal.dispatch(run, "react/t2/think")
    journal.dispatch(journal.start(RunFactory.create(task="Somebody else's task")))
    return run


class TestMine:
    """What everyone sees."""

    def test_no_budget_says_so(self, client_for, alice):
        html = client_for(alice).get(PAGE).content.decode()
        assert "No budget limits you" in html
        assert "New budget" not in html

    def test_a_stranger_is_asked_to_sign_in(self, client):
        assert client.get(PAGE).status_code == 302

    def test_the_sum_is_there_to_the_last_digit(self, client_for, alice, spending):
        set_budget(scope="user", user=alice)
        html = client_for(alice).get(PAGE).content.decode()
        left = 10 - spending.cost_usd - spending.held_usd
        for amount in (spending.cost_usd, spending.held_usd, left):
            assert words(str(usd_exact(amount, 7))).replace(" ", "") in words(html).replace(" ", "")
        assert "Matches ledger" in html
        assert "Mine holds this" in html

    def test_others_runs_are_one_sum_without_names(self, client_for, alice, spending):
        set_budget()
        html = client_for(alice).get(PAGE).content.decode()
        assert "1 run of others" in html
        assert "Somebody else" not in html
        assert "2 runs" in words(html)

    def test_another_users_budget_is_not_there(self, client_for, alice, bob):
        set_budget("7.77", scope="user", user=bob)
        set_budget("6.66", scope="token", api_token=ApiTokenFactory.create(user=bob))
        html = client_for(alice).get(PAGE).content.decode()
        assert "7.77" not in html
        assert "6.66" not in html

    def test_that_of_a_revoked_token_stands_only_on_its_runs(self, client_for, alice, staff):
        token = ApiTokenFactory.create(user=alice, name="CI")
        set_budget("6.66", scope="token", api_token=token)
        run = RunFactory.create(owner=alice, api_token=token)
        mine, everyones = client_for(alice), client_for(staff)
        assert "6.66" in mine.get(PAGE).content.decode()
        html = everyones.get(PAGE).content.decode()
        assert ("6.66" in html, token.prefix in html) == (True, True)

        revoke_token(token=token)

        assert "6.66" not in mine.get(PAGE).content.decode()
        html = everyones.get(PAGE).content.decode()
        assert ("6.66" in html, token.prefix in html) == (False, False)
        assert "Token “CI”" in mine.get(f"/runs/{run.pk}/").content.decode()

    @pytest.mark.parametrize(
        ("part", "tag"), [("0.5", None), ("0.95", "near limit"), ("1", "full")]
    )
    def test_gauges_say_when_it_gets_tight(self, client_for, alice, part, tag):
        cost = journal.succeed(RunFactory.create(owner=alice)).cost_usd
        limit = (cost / Decimal(part)).quantize(Decimal("1e-12"))
        set_budget(limit, scope="user", user=alice, hard=False)
        html = words(client_for(alice).get(PAGE).content.decode())
        assert ("near limit" in html, " full " in html) == (tag == "near limit", tag == "full")

    def test_the_tick_is_red_when_the_window_is_wrong(self, client_for, alice, spending):
        one = set_budget(scope="user", user=alice)
        one.windows.filter(simulated=True).update(settled_usd=5)
        html = client_for(alice).get(PAGE).content.decode()
        assert "Differs from ledger by" in html
        assert "Matches ledger" not in html

    def test_the_frame_shows_the_tightest_hard_budget(self, client_for, alice, spending):
        browser = client_for(alice)
        assert "side-budget" not in browser.get("/runs/").content.decode()
        set_budget("0.001", scope="user", user=alice, hard=False)
        set_budget("0.1", scope="user", user=alice)
        set_budget(5)
        html = browser.get("/runs/").content.decode()
        left = Decimal("0.1") - spending.cost_usd - spending.held_usd
        assert f"{left:.4f}" in html.split("side-budget")[1].split("</a>")[0]

    def test_the_number_of_queries_is_constant(
        self, client_for, alice, spending, django_assert_max_num_queries
    ):
        for _ in range(6):
            set_budget(scope="user", user=alice)
        browser = client_for(alice)
        with django_assert_max_num_queries(9):
            browser.get(PAGE)


class TestSetting:
    """Staff see the sentence before anything is created."""

    def test_others_may_not(self, client_for, alice):
        browser = client_for(alice)
        one = set_budget()
        for path in (PREVIEW, f"{PAGE}{one.pk}/"):
            assert browser.get(path).status_code == 404
        for path in (PAGE, f"{PAGE}{one.pk}/", f"{PAGE}{one.pk}/delete/"):
            assert browser.post(path, NEW).status_code == 404
        assert Budget.objects.get().limit_usd == 10

    def test_the_sentence_comes_first_then_the_budget(self, client_for, staff, alice):
        cost = journal.succeed(RunFactory.create(owner=alice)).cost_usd
        browser = client_for(staff)

        first = browser.post(PAGE, NEW)
        html = first.content.decode()

        assert first.status_code == 200
        assert not Budget.objects.exists()
        assert "Alice can spend at most $0.50 a month" in words(html)
        assert words(str(usd_exact(cost))).split()[0] in html
        answer = browser.post(PAGE, NEW | {"seen": seen(html)})
        assert answer.status_code == 302
        made = Budget.objects.get()
        assert (made.user, made.limit_usd, made.timezone) == (alice, Decimal("0.5"), "Europe/Paris")

    def test_a_sentence_on_another_budget_does_not_count(self, client_for, staff, alice):
        browser = client_for(staff)
        html = browser.get(PREVIEW, NEW).content.decode()
        browser.post(PAGE, NEW | {"limit_usd": "500", "seen": seen(html)})
        assert not Budget.objects.exists()

    def test_a_limit_below_what_is_spent_is_amber(self, client_for, staff, alice):
        journal.succeed(RunFactory.create(owner=alice))
        html = client_for(staff).get(PREVIEW, NEW | {"limit_usd": "0.0001"}).content.decode()
        assert "alert-warn" in html
        assert "it is used up at once" in html

    def test_what_is_set_already_is_named(self, client_for, staff, alice):
        set_budget(25, scope="user", user=alice)
        html = client_for(staff).get(PREVIEW, NEW).content.decode()
        assert "What is set already stays: $25.00 a month." in words(html)

    def test_a_token_is_found_by_its_first_letters_or_id(self, client_for, staff, alice):
        token = ApiTokenFactory.create(user=alice, name="CI")
        for name in (token.prefix, str(token.pk), f"{token.prefix}…"):
            fields = NEW | {"scope": "token", "token": name}
            html = client_for(staff).get(PREVIEW, fields).content.decode()
            assert "Token “CI” of Alice" in html

    def test_a_revoked_token_takes_no_new_one(self, client_for, staff, alice):
        token = ApiTokenFactory.create(user=alice)
        revoke_token(token=token)
        browser = client_for(staff)
        for name in (token.prefix, str(token.pk)):
            fields = NEW | {"scope": "token", "token": name}
            assert "No such token, or it is revoked." in browser.post(PAGE, fields).content.decode()
        fields = {"scope": "token", "api_token": str(token.pk), "period": "month"}
        terms = {"timezone": "UTC", "limit_usd": "5", "hard": "on"}
        page = browser.post("/admin/billing/budget/add/", fields | terms)
        assert "This token is revoked." in page.content.decode()
        assert not Budget.objects.exists()

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"user": "nobody@example.org"}, "No user has this address."),
            ({"user": ""}, "Whose?"),
            ({"scope": "token", "token": "ags_nothing"}, "No such token, or it is revoked."),
            ({"limit_usd": "-1"}, "The limit is between"),
            ({"limit_usd": "a lot"}, "Enter a number."),
            ({"timezone": "Mars/Olympus"}, "Select a valid choice"),
        ],
    )
    def test_mistakes_stand_in_the_dialog(self, client_for, staff, alice, change, said):
        answer = client_for(staff).post(PAGE, NEW | change)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert said in html
        assert re.search(r'<dialog[^>]*id="create"[^>]*\bopen\b', html)
        assert not client_for(staff).get(PREVIEW, NEW | change).content.strip()

    def test_change_and_delete(self, client_for, staff, alice):
        journal.succeed(RunFactory.create(owner=alice))
        one = set_budget()
        browser = client_for(staff)
        address = f"{PAGE}{one.pk}/"

        changed = browser.post(address, {"limit_usd": "0", "kind": "soft"}, follow=True)
        one.refresh_from_db()
        assert (one.limit_usd, one.hard) == (0, False)
        assert "It is used up at once" in changed.content.decode()
        assert browser.post(address, {"limit_usd": "-1", "kind": "hard"}).status_code == 422
        assert browser.post(f"{address}delete/").status_code == 302
        assert not Budget.objects.exists()
        assert browser.get(address).status_code == 404

    def test_all_budgets_by_scope_and_page(self, client_for, staff, alice):
        set_budget("1.11")
        for number in range(51):
            set_budget(f"3.{number:02}", scope="user", user=alice, period="total")
        browser = client_for(staff)
        html = browser.get(PAGE, {"scope": "user"}).content.decode()
        assert "50 of 51" in words(html)
        more = re.findall(r'rel="next" href="([^"]+)"', html)[0].replace("&amp;", "&")
        assert "$3.50" in browser.get(PAGE + more).content.decode()
        assert browser.get(PAGE, {"scope": "x", "after": "y"}).status_code == 200


def test_the_usage_page_shows_budgets(client_for, alice, spending):
    set_budget("0.25", scope="user", user=alice)
    html = client_for(alice).get("/usage/").content.decode()
    assert "of $0.25 until" in words(html)
