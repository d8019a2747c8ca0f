"""The users as staff see them: sorted, searched, one by one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.audit_models import Action, AuditEntry
from accounts.models import User
from runs.models import Run
from runs.operations.socket import ops_message
from runs.services.kill_switch import pull
from tests import journal
from tests.factories import RunFactory, StaffFactory, UserFactory, set_budget
from tests.runs.operations.spending import spend

pytestmark = pytest.mark.django_db
REAL = "/ops/?dollars=real"


@pytest.fixture
def browser(client_for: Callable[[User], Client], staff: User) -> Client:
    return client_for(staff)


def shown(answer: Any) -> list[User]:
    return [row.person.user for row in answer.context["user_rows"]]


@pytest.fixture
def two(alice: User, bob: User) -> tuple[User, User]:
    """Alice spent more, Bob has more failures, more runs, a fuller budget and ran last."""
    spend(alice, chosen_model="gpt-4.1")
    spend(bob, status="failed")
    spend(bob, status="failed")
    set_budget("0.01", scope="user", user=bob)
    set_budget(1000, scope="user", user=alice)
    return alice, bob


@pytest.mark.parametrize(
    ("sort", "bob_first"),
    [
        ("", False),
        ("spent", False),
        ("-spent", True),
        ("runs", True),
        ("errors", True),
        ("-errors", False),
        ("last", True),
        ("-last", False),
        ("name", False),
        ("-name", True),
        ("nonsense", False),
    ],
)
def test_each_column_sorts_both_ways(
    browser: Client, two: tuple[User, User], sort: str, bob_first: bool
) -> None:
    alice, bob = two
    assert shown(browser.get(f"{REAL}&sort={sort}")) == (
        [bob, alice] if bob_first else [alice, bob]
    )


def test_the_fullest_budget_comes_first_and_is_the_one_shown(
    browser: Client, alice: User, bob: User
) -> None:
    set_budget(1000, scope="user", user=alice)
    set_budget("0.01", scope="user", user=bob)
    set_budget(500, scope="user", user=bob, period="day")
    spend(alice)
    spend(bob)

    answer = browser.get(f"{REAL}&sort=budget")

    assert shown(answer) == [bob, alice]
    row = answer.context["user_rows"][0]
    assert row.budget.state.limit_usd == row.budget.state.budget.limit_usd
    assert str(row.budget.state.limit_usd.normalize()) == "0.01"
    assert f"{row.used_percent}% of $0.01 a month" in answer.content.decode()
    assert 0 < row.used_percent < 100


def test_what_is_held_sorts_too(browser: Client, two: tuple[User, User]) -> None:
    alice, bob = two
    run = journal.start(RunFactory.create(owner=bob, simulated=False))
    journal.dispatch(run)

    answer = browser.get(f"{REAL}&sort=held")

    assert shown(answer) == [bob, alice]
    assert answer.context["user_rows"][0].held_usd == run.held_usd > 0


@pytest.mark.parametrize("text", ["ali", "ALICE@", " alice "])
def test_a_search_finds_by_name_and_address(
    browser: Client, alice: User, bob: User, text: str
) -> None:
    assert shown(browser.get("/ops/", {"q": text})) == [alice]


@pytest.mark.parametrize("text", ["%", "_", "\\", "100%", "\0", "zeppelin", "'"])
def test_a_search_takes_every_text_as_it_is(browser: Client, alice: User, text: str) -> None:
    answer = browser.get("/ops/", {"q": text})
    assert answer.status_code == 200
    assert shown(answer) == []


def test_nobody_found_says_so_and_the_sums_stay(browser: Client, two: tuple[User, User]) -> None:
    answer = browser.get(f"{REAL}&q=zeppelin")
    assert "Nobody is called “zeppelin”" in answer.content.decode()
    assert answer.context["site"].spent_usd == sum(run.cost_usd for run in Run.objects.all())


def test_who_did_nothing_is_found_by_a_search_alone(browser: Client, alice: User) -> None:
    assert shown(browser.get("/ops/")) == []
    assert shown(browser.get("/ops/?q=alice")) == [alice]


def test_pages_have_everyone_once(
    browser: Client, monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    for module in ("selectors.people", "asked"):
        monkeypatch.setattr(f"runs.operations.{module}.SHOWN", 2)
    users = UserFactory.create_batch(5, name="Zoe")
    pages = [shown(browser.get(f"/ops/?q=zoe&page={number}")) for number in (1, 2, 3, 4)]

    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert {user.pk for page in pages for user in page} == {user.pk for user in users}
    assert 'rel="next"' in browser.get("/ops/?q=zoe&page=2").content.decode()
    assert 'rel="next"' not in browser.get("/ops/?q=zoe&page=3").content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9" * 30])
def test_a_page_that_is_none_is_the_first(browser: Client, alice: User, page: str) -> None:
    assert shown(browser.get("/ops/", {"q": "alice", "page": page})) == [alice]


class TestOneUser:
    """The page that a row leads to."""

    def address(self, user: User) -> str:
        return f"/ops/users/{user.pk}/"

    def test_it_has_spend_budgets_and_runs(self, browser: Client, alice: User) -> None:
        budget = set_budget(7, scope="user", user=alice)
        ended = spend(alice)
        running = journal.start(RunFactory.create(owner=alice, simulated=False))

        answer = browser.get(f"{self.address(alice)}?dollars=real")
        html, state = answer.content.decode(), answer.context["state"]

        assert (state.spent_usd, state.runs, state.active_count) == (ended.cost_usd, 1, 1)
        assert {run.pk for run in state.newest} == {ended.pk, running.pk}
        assert f"/budgets/{budget.pk}/" in html
        assert "Cancel 1 run?" in html
        assert f"/ops/kill/?scope=user&amp;user={alice.email.replace('@', '%40')}" in html

    def test_only_the_users_own_are_counted(self, browser: Client, alice: User, bob: User) -> None:
        spend(bob, status="failed")
        journal.start(RunFactory.create(owner=bob))

        context = browser.get(f"{self.address(alice)}?dollars=real").context

        assert (context["state"].active_count, context["outcomes"].day.ended) == (0, 0)
        assert context["chart"].series == []

    def test_nobody_has_no_page(self, browser: Client) -> None:
        assert browser.get("/ops/users/0/").status_code == 404
        assert browser.get(f"/ops/users/{10**30}/").status_code == 404

    def test_all_runs_are_cancelled_and_recorded(
        self, browser: Client, staff: User, alice: User, bob: User
    ) -> None:
        queued = RunFactory.create(owner=alice)
        theirs = RunFactory.create(owner=bob)

        answer = browser.post(f"{self.address(alice)}cancel/", follow=True)
        again = browser.post(f"{self.address(alice)}cancel/", follow=True)

        assert "1 run was asked to end." in answer.content.decode()
        assert "No run of this user was left to cancel." in again.content.decode()
        states = dict(Run.objects.values_list("pk", "status"))
        assert states == {queued.pk: "cancelled", theirs.pk: "queued"}
        entry = AuditEntry.objects.filter(action=Action.RUNS_CANCELLED).latest("id")
        assert (entry.actor_id, entry.user_id) == (staff.pk, alice.pk)

    def test_of_many_runs_under_way_only_those_shown_are_read(
        self, browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("runs.operations.selectors.one_user.ACTIVE_SHOWN", 1)
        for _ in range(2):
            journal.dispatch(journal.start(RunFactory.create(owner=alice, simulated=False)))
        journal.dispatch(journal.start(RunFactory.create(owner=alice, simulated=True)))

        with CaptureQueriesContext(connection) as asked:
            state = browser.get(f"{self.address(alice)}?dollars=real").context["state"]

        real = Run.objects.filter(simulated=False)
        assert (len(state.active), state.active_count) == (1, 3)
        assert state.held_usd == sum(run.held_usd for run in real) > 0
        tasks = [one["sql"] for one in asked if '"runs_run"."task"' in one["sql"]]
        assert [sql for sql in tasks if "LIMIT" not in sql] == []

    def test_a_stopped_user_is_let_on_from_there(
        self, browser: Client, staff: User, alice: User
    ) -> None:
        switch = pull(scope="user", user=alice, reason="Spends too fast.", by=staff)

        html = browser.get(self.address(alice)).content.decode()

        assert "Spends too fast." in html
        assert f'action="/ops/kill/{switch.pk}/lift/"' in html
        assert "Stop this user" not in html
        browser.post(f"/ops/kill/{switch.pk}/lift/")
        assert "Stop this user" in browser.get(self.address(alice)).content.decode()

    def test_the_number_of_queries_is_constant(
        self, browser: Client, alice: User, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(3):
            spend(alice)
            journal.dispatch(journal.start(RunFactory.create(owner=alice)))
            set_budget(100, scope="user", user=alice)
        with django_assert_max_num_queries(15):
            browser.get(self.address(alice))


def test_tasks_are_shown_only_to_those_who_may_read_runs(
    client_for: Callable[[User], Client], alice: User
) -> None:
    plain, reader = StaffFactory.create_batch(2)
    reader.user_permissions.add(Permission.objects.get(codename="view_run"))
    run = journal.start(RunFactory.create(owner=alice, task="A secret of hers"))
    journal.finish(journal.start(RunFactory.create(owner=alice, task="A secret of hers")))

    assert "A secret of hers" not in str(ops_message())
    for path in ("/ops/", f"/ops/users/{alice.pk}/?dollars=simulated", "/ops/fragment/"):
        hidden = client_for(plain).get(path).content.decode()
        told = client_for(reader).get(path).content.decode()
        assert "A secret of hers" not in hidden
        assert str(run.pk)[:18] in hidden
        assert "A secret of hers" in told


def test_the_page_of_one_takes_few_queries(
    client_for: Callable[[User], Client], alice: User, django_assert_max_num_queries: Any
) -> None:
    browser = client_for(StaffFactory.create())
    for simulated in (False, True):
        spend(alice, simulated=simulated)
        journal.dispatch(journal.start(RunFactory.create(owner=alice, simulated=simulated)))
    set_budget(100)
    set_budget(10, scope="user", user=alice)
    with django_assert_max_num_queries(15):
        assert browser.get(f"/ops/users/{alice.pk}/?dollars=real").status_code == 200
