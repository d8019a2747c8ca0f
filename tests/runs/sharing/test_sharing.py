"""A run's read-only link: who makes it, what it shows, and when it shows nothing."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts.audit_models import Action, AuditEntry
from accounts.deletion import delete_account
from accounts.models import key_digest
from runs.engine.calls.purse import TOOL as PURSE
from runs.models import Run, RunShare
from runs.personal_data.erasing import erase_user
from runs.personal_data.export import exported
from tests import journal
from tests.factories import ApiTokenFactory, RunFactory, set_budget
from tests.rate_limits import forget_counts
from tests.runs.sharing.links import link_of

pytestmark = pytest.mark.django_db

SECRET = "of-the-owner-only"


@pytest.fixture(autouse=True)
def _uncounted():
    forget_counts()
    yield
    forget_counts()


@pytest.fixture
def browser(client_for, alice):
    return client_for(alice)


@pytest.fixture
def run(alice) -> Run:
    token = ApiTokenFactory.create(user=alice, name=SECRET)
    labels = {"tags": [SECRET], "metadata": {"team": SECRET}, "session_id": SECRET}
    run = journal.start(RunFactory.create(owner=alice, api_token=token, **labels))
    journal.buy(run, content="I will calculate.")
    journal.use_tool(run, "react/t1/purse", tool=PURSE, observation=f"{SECRET}: $3.21 is left")
    journal.use_tool(run, observation="It is 42, says the tool")
    journal.buy(run, "react/t2/think", label="Answer", content="It is **42**.")
    return journal.finish(run, "It is **42**.")


def test_anyone_with_the_link_reads_task_answer_and_cost(browser, run):
    answer = Client().get(link_of(browser, run))

    html = answer.content.decode()
    assert answer.status_code == 200
    assert run.task in html
    assert "It is <strong>42</strong>." in html
    assert f"{run.cost_usd:f}".rstrip("0")[:6] in html
    assert "says the tool" not in html


def test_nothing_else_of_the_owner_is_in_it(browser, run, alice):
    set_budget("77.31", scope="user", user=alice)

    html = Client().get(link_of(browser, run, with_steps="on")).content.decode()

    assert "It is 42, says the tool" in html
    assert not [word for word in (SECRET, "77.31", "3.21", alice.email, alice.name) if word in html]
    for of_the_owner in ("<form", "?fork=", "/runs/", "data-cancel", str(run.pk)):
        assert of_the_owner not in html


def test_a_limit_that_stopped_a_run_is_not_shown(browser, alice):
    run = journal.start(RunFactory.create(owner=alice))
    figures = {
        **{"scope": "user", "window": "month", "limit_usd": "77.31", "timezone": "UTC"},
        **{"settled_usd": "77.30", "held_usd": "0", "requested_usd": "0.1", "resets_at": None},
    }
    journal.emit(run, "notice", code="out_of_money", **figures)
    journal.finish(run, "So far.", answer_kind="best_effort", stop_reason="budget")
    assert "77.31" in browser.get(f"/runs/{run.pk}/").content.decode()

    assert "77.31" not in Client().get(link_of(browser, run, with_steps="on")).content.decode()


def test_it_is_kept_from_search_engines_caches_and_other_sites(browser, run):
    headers = Client().get(link_of(browser, run)).headers

    assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in headers["Cache-Control"]
    assert "Set-Cookie" not in headers


def test_only_a_digest_of_the_key_is_kept_and_the_key_is_shown_once(browser, run):
    link = link_of(browser, run)
    key = link.split("/")[2]

    kept = RunShare.objects.get()
    assert kept.digest == key_digest(key)
    assert key not in str(list(AuditEntry.objects.values()))
    assert key not in browser.get(f"/runs/{run.pk}/share/").content.decode()


def test_a_revoked_link_finds_nothing(browser, run):
    link = link_of(browser, run)

    browser.post(f"/runs/{run.pk}/share/revoke/")

    assert Client().get(link).status_code == 404
    acts = AuditEntry.objects.filter(about_id=str(run.pk)).order_by("id")
    assert [act.action for act in acts] == [Action.RUN_SHARED, Action.RUN_UNSHARED]


def test_another_link_replaces_the_first_one(browser, run):
    first, second = link_of(browser, run), link_of(browser, run)

    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200


def test_an_expired_link_finds_nothing(browser, run):
    link = link_of(browser, run)

    RunShare.objects.update(expires_at=Now() - timedelta(seconds=1))

    assert Client().get(link).status_code == 404
    assert "Its link" not in browser.get(f"/runs/{run.pk}/share/").content.decode()


def test_it_ends_with_its_owners_account(browser, run, alice):
    link = link_of(browser, run)
    alice.is_active = False
    alice.save()
    assert Client().get(link).status_code == 404

    delete_account(user=alice)
    assert erase_user(user=alice)

    assert not RunShare.objects.exists()


def test_a_download_says_which_runs_are_shared_without_a_key(browser, run, alice):
    link_of(browser, run)

    text = "".join(exported(alice))

    (line,) = [line for line in text.splitlines() if '"record":"shared_run"' in line]
    assert str(run.pk) in line
    assert RunShare.objects.get().digest not in text


@pytest.mark.parametrize("key", ["x", "%00", "a" * 300, "..%2F", "%F0%9F%98%80", "' OR 1=1--"])
def test_any_other_key_finds_nothing(key):
    assert Client().get(f"/shared/{key}/").status_code == 404


def test_nobody_else_makes_or_revokes_one(client_for, bob, browser, run):
    link = link_of(browser, run)
    stranger = client_for(bob)

    for path in ("share/", "share/revoke/"):
        assert stranger.post(f"/runs/{run.pk}/{path}", {"days": "7"}).status_code == 404

    assert Client().get(link).status_code == 200


def test_a_run_that_goes_on_has_no_link(browser, alice):
    run = journal.start(RunFactory.create(owner=alice))

    browser.post(f"/runs/{run.pk}/share/", {"days": "7"})

    assert not RunShare.objects.exists()
    assert (
        "A run can be shared once it has ended"
        in browser.get(f"/runs/{run.pk}/share/").content.decode()
    )


def test_a_wrong_choice_is_said_and_makes_nothing(browser, run):
    answer = browser.post(f"/runs/{run.pk}/share/", {"days": "4000"})

    assert answer.status_code == 422
    assert not RunShare.objects.exists()


def test_openings_are_limited_by_network(browser, run, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "shared": "2/m"}
    link, reader = link_of(browser, run), Client()

    answers = [reader.get(link).status_code for _ in range(5)]

    assert 429 in answers
    assert reader.get("/shared/unknown/").status_code == 429


def test_links_are_made_only_so_often(browser, run, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "account": "2/m"}
    address, term = f"/runs/{run.pk}/share/", {"days": "7"}

    answers = [browser.post(address, term).status_code for _ in range(4)]

    assert answers[0] == 200
    assert answers[-1] == 429
    assert browser.get(address).status_code == 200


def test_writing_to_it_is_refused(browser, run):
    assert Client().post(link_of(browser, run)).status_code == 405
