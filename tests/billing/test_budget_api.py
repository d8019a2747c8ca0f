"""`/api/v1/budgets/`, `/api/v1/admin/budgets/` and the budgets of `/api/v1/me/`."""

from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.models import ApiToken
from accounts.services import revoke_token
from billing.models import Budget
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory, set_budget

pytestmark = pytest.mark.django_db

MINE, ALL = "/api/v1/budgets/", "/api/v1/admin/budgets/"
KEYS = {
    "id", "scope", "period", "timezone", "hard", "limit_usd", "settled_usd", "held_usd",
    "remaining_usd", "resets_at", "raised", "pace", "token",
}  # fmt: skip


class TestMine:
    """Everyone reads the budgets that limit them, and no others."""

    def test_the_figures_of_the_present_period(self, api_for, alice):
        set_budget(timezone="Europe/Paris")
        run = journal.start(RunFactory.create(owner=alice))
        journal.buy(run)
        journal.dispatch(run, "react/t2/think")

        (shown,) = api_for(alice).get(MINE).json()["results"]

        assert set(shown) == KEYS
        assert (shown["scope"], shown["period"], shown["hard"]) == ("site", "month", True)
        assert shown["timezone"] == "Europe/Paris"
        settled, held = Decimal(shown["settled_usd"]), Decimal(shown["held_usd"])
        assert (settled, held) == (run.cost_usd, run.held_usd)
        assert Decimal(shown["remaining_usd"]) == 10 - settled - held
        assert shown["limit_usd"] == "10"
        assert shown["resets_at"].endswith("Z")

    def test_the_sites_my_own_and_my_tokens(self, api_for, alice, bob):
        expected = {
            set_budget().pk,
            set_budget(scope="user", user=alice).pk,
            set_budget(scope="token", api_token=ApiTokenFactory.create(user=alice)).pk,
        }
        set_budget(scope="user", user=bob)
        set_budget(scope="token", api_token=ApiTokenFactory.create(user=bob))

        shown = api_for(alice).get(MINE).json()["results"]

        assert {row["id"] for row in shown} == {str(pk) for pk in expected}

    def test_those_of_a_revoked_token_are_listed_no_more(self, api_for, alice, staff):
        token = ApiTokenFactory.create(user=alice)
        ids = {str(set_budget().pk), str(set_budget(scope="user", user=alice).pk)}
        of_token = set_budget(scope="token", api_token=token)
        client, all_of_them = api_for(alice), api_for(staff)
        assert len(client.get(MINE).json()["results"]) == 3

        revoke_token(token=token)

        assert {row["id"] for row in client.get(MINE).json()["results"]} == ids
        assert {row["id"] for row in client.get("/api/v1/me/").json()["budgets"]} == ids
        assert {row["id"] for row in all_of_them.get(ALL).json()["results"]} == ids
        address = f"{ALL}{of_token.pk}/"
        changed = all_of_them.patch(address, {"limit_usd": "0"}, format="json")
        assert (changed.status_code, changed.json()["limit_usd"]) == (200, "0")

    def test_a_total_never_resets(self, api_for, alice):
        set_budget(period="total")
        assert api_for(alice).get(MINE).json()["results"][0]["resets_at"] is None

    def test_it_takes_the_scope_that_reads_usage(self, api_for, client, alice):
        assert api_for(alice, ["usage:read"]).get(MINE).status_code == 200
        assert api_for(alice, ["runs:read", "runs:write"]).get(MINE).status_code == 403
        assert client.get(MINE).status_code == 401

    def test_pages_and_queries_do_not_grow(self, api_for, alice, django_assert_max_num_queries):
        for _ in range(3):
            set_budget()
        client = api_for(alice)
        client.get(MINE)
        with django_assert_max_num_queries(4):
            first = client.get(MINE, {"page_size": 2}).json()
        second = client.get(first["next"]).json()
        ids = [row["id"] for row in first["results"] + second["results"]]
        assert len(ids) == len(set(ids)) == 3
        assert second["next"] is None

    def test_me_has_them_too(self, api_for, client_for, alice):
        budget = set_budget()
        (shown,) = client_for(alice).get("/api/v1/me/").json()["budgets"]
        assert shown == api_for(alice).get(MINE).json()["results"][0]
        assert shown["id"] == str(budget.pk)
        assert api_for(alice, ["runs:read"]).get("/api/v1/me/").json()["budgets"] is None


class TestStaff:
    """Staff set budgets; nobody else does."""

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_others_may_not(self, api_for, alice, method):
        answer = getattr(api_for(alice), method)(ALL, {}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")

    @pytest.mark.parametrize("method", ["get", "patch", "delete"])
    def test_others_may_not_touch_one(self, api_for, alice, method):
        budget = set_budget()
        answer = getattr(api_for(alice), method)(f"{ALL}{budget.pk}/", {}, format="json")
        assert answer.status_code == 403
        assert Budget.objects.filter(pk=budget.pk).exists()

    def test_a_token_of_staff_needs_the_scope_of_administration(self, api_for, staff):
        body = {"scope": "site", "period": "day", "limit_usd": "1"}
        budget = set_budget()
        lesser = api_for(staff, ["runs:read", "runs:write", "usage:read"])
        for refused in (
            lesser.get(ALL),
            lesser.post(ALL, body, format="json"),
            lesser.get(f"{ALL}{budget.pk}/"),
            lesser.patch(f"{ALL}{budget.pk}/", {"hard": False}, format="json"),
            lesser.delete(f"{ALL}{budget.pk}/"),
        ):
            assert refused.status_code == 403
            assert "admin" in refused.json()["detail"]
        budget.refresh_from_db()
        assert budget.hard
        administering = api_for(staff, ["admin"])
        assert administering.post(ALL, body, format="json").status_code == 201
        assert administering.get(ALL).status_code == 200

    def test_a_token_of_who_is_no_longer_staff_administers_nothing(self, api_for, staff):
        client = api_for(staff, ["admin"])
        staff.is_staff = False
        staff.save()
        assert client.get(ALL).status_code == 403

    def test_create_read_change_delete(self, api_for, staff, alice):
        journal.succeed(RunFactory.create(owner=alice))
        spent = alice.runs.get().cost_usd
        client = api_for(staff)
        body = {
            "scope": "user",
            "user": "ALICE@example.org",
            "period": "day",
            "timezone": "Asia/Kolkata",
            "limit_usd": "0.50",
            "hard": False,
        }

        made = client.post(ALL, body, format="json")
        address = f"{ALL}{made.json()['id']}/"
        changed = client.patch(address, {"limit_usd": "0.25", "hard": True}, format="json")

        assert made.status_code == 201
        assert set(made.json()) == KEYS | {"user", "token"}
        assert (made.json()["user"], made.json()["token"]) == ("alice@example.org", None)
        assert Decimal(made.json()["settled_usd"]) == spent > 0
        assert (changed.status_code, changed.json()["hard"]) == (200, True)
        assert Decimal(changed.json()["remaining_usd"]) == Decimal("0.25") - spent
        assert client.get(address).json() == changed.json()
        assert client.get(ALL).json()["results"] == [changed.json()]
        assert client.delete(address).status_code == 204
        assert client.get(address).status_code == 404

    def test_a_limit_may_be_set_below_what_is_spent(self, api_for, staff, alice):
        budget = set_budget()
        journal.succeed(RunFactory.create(owner=alice))
        client = api_for(staff)
        shown = client.patch(f"{ALL}{budget.pk}/", {"limit_usd": "0"}, format="json").json()
        assert (shown["limit_usd"], shown["remaining_usd"]) == ("0", "0")
        assert Decimal(shown["settled_usd"]) > 0

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"scope": "team"}, "scope"),
            ({"scope": None}, "scope"),
            ({"period": "week"}, "period"),
            ({"timezone": "Mars/Olympus"}, "timezone"),
            ({"timezone": "Europe"}, "timezone"),
            ({"limit_usd": "-1"}, "limit_usd"),
            ({"limit_usd": 5}, "limit_usd"),
            ({"limit_usd": "1e30"}, "limit_usd"),
            ({"limit_usd": "NaN"}, "limit_usd"),
            ({"limit_usd": "10000001"}, "limit_usd"),
            ({"limit_usd": "0.0000000000001"}, "limit_usd"),
            ({"limit": "5"}, "limit"),
            ({"scope": "user"}, "user"),
            ({"scope": "user", "user": "nobody@example.org"}, "user"),
            ({"user": "alice@example.org"}, "user"),
            ({"scope": "token"}, "token"),
            ({"scope": "token", "token": str(uuid4())}, "token"),
            ({"scope": "token", "token": "x"}, "token"),
        ],
    )
    def test_what_makes_no_sense_is_400_and_names_the_field(
        self, api_for, staff, alice, change, field
    ):
        body = {"scope": "site", "period": "month", "limit_usd": "5"} | change
        answer = api_for(staff).post(ALL, body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert field in answer.json()["errors"]
        assert not Budget.objects.exists()

    def test_a_revoked_token_takes_no_new_one(self, api_for, staff, alice):
        token = ApiTokenFactory.create(user=alice)
        revoke_token(token=token)
        body = {"scope": "token", "token": str(token.pk), "period": "day", "limit_usd": "5"}
        answer = api_for(staff).post(ALL, body, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"] == {"token": ["This token is revoked."]}
        assert not Budget.objects.exists()

    @pytest.mark.parametrize("field", ["scope", "period", "timezone", "user", "token", "x"])
    def test_what_is_fixed_cannot_be_changed(self, api_for, staff, field):
        budget = set_budget()
        answer = api_for(staff).patch(f"{ALL}{budget.pk}/", {field: "day"}, format="json")
        assert answer.status_code == 400
        assert field in answer.json()["errors"]

    def test_a_token_cannot_lift_its_own_budget(self, client, staff):
        token, key = ApiToken.objects.issue(user=staff, name="own")
        budget = set_budget(scope="token", api_token=token)
        headers = {"Authorization": f"Token {key}"}
        address = f"{ALL}{budget.pk}/"
        assert client.delete(address, headers=headers).status_code == 403
        body = '{"limit_usd": "99"}'
        kind = "application/json"
        assert client.patch(address, body, kind, headers=headers).status_code == 403
        assert Budget.objects.get().limit_usd == 10
