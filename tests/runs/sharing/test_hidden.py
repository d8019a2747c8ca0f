"""What readers of a link never see, whatever the run did and whoever they are."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.models import User
from runs.models import Run, RunShare, Step
from runs.retention.passes import delete_old
from runs.services.cancel import cancel_run
from tests import journal
from tests.factories import RunFactory, set_budget
from tests.rate_limits import forget_counts
from tests.runs.retention.ages import aged, keep_nothing_for
from tests.runs.sharing.links import link_of

pytestmark = pytest.mark.django_db
COMMENT = "never mail my ex-wife"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture(autouse=True)
def _uncounted():
    forget_counts()
    yield
    forget_counts()


@pytest.fixture
def owner(client_for: Callable[[User], Client], alice: User) -> Client:
    return client_for(alice)


def shown(browser: Client, run: Run) -> str:
    """The page of a link that shows the steps."""
    answer = Client().get(link_of(browser, run, with_steps="on"))
    assert answer.status_code == 200
    return answer.content.decode()


def started(alice, **given) -> Run:
    return journal.start(RunFactory.create(owner=alice, **given))


def test_what_the_owner_said_of_a_call_is_not_shown(owner, alice) -> None:
    run = started(alice)
    journal.use_tool(run, observation=f"Declined by the owner: {COMMENT}", ok=False)
    Step.objects.update(decision={"verdict": "declined", "comment": COMMENT})
    journal.finish(run, "I did not send it.")
    assert COMMENT in owner.get(f"/runs/{run.pk}/").content.decode()

    html = shown(owner, run)

    assert COMMENT not in html
    assert "Declined by the owner." in html
    assert COMMENT in Step.objects.get().error["message"]


def test_a_call_that_was_decided_but_never_made_has_no_comment_either(owner, alice) -> None:
    run = started(alice)
    journal.ask_for_tool(run)
    journal.pause(run)
    journal.decide(run, comment=COMMENT)
    cancel_run(run=run)

    html = shown(owner, Run.objects.get(pk=run.pk))

    assert COMMENT not in html
    assert "Waits for your word" not in html
    assert "It was not approved before the run ended" in html


def test_all_that_models_and_tools_wrote_is_text(owner, alice) -> None:
    run = started(alice, task=HOSTILE)
    journal.buy(run, content=HOSTILE)
    journal.use_tool(run, tool=HOSTILE[:60], arguments={"x": HOSTILE}, observation=HOSTILE)
    source = {"n": 1, "title": HOSTILE, "url": "javascript:alert(3)", "quote": HOSTILE}
    journal.emit(run, "artifact", kind=HOSTILE, key="react/t1/tool/1", sources=[source])
    journal.finish(run, f"{HOSTILE} [here](javascript:alert(4)) ![](https://spy.example/pixel.png)")

    html = shown(owner, run)

    assert escape(HOSTILE) in html
    for live in ("<img", "<script>alert", "onerror=alert(1)>", 'href="javascript:'):
        assert live not in html
    assert 'src="https://spy.example' not in html


def test_a_stranger_who_is_signed_in_sees_what_everyone_sees(owner, alice, client_for, bob) -> None:
    set_budget("12.34", scope="user", user=bob)
    run = journal.finish(started(alice), "It is 42.")
    link = link_of(owner, run)

    answers = [client.get(link) for client in (Client(), client_for(bob), owner)]

    assert len({answer.content for answer in answers}) == 1
    assert all("no-store" in answer["Cache-Control"] for answer in answers)


def test_a_run_without_an_answer_speaks_of_no_steps(owner, alice) -> None:
    run = journal.finish(started(alice), None, status="failed")

    html = Client().get(link_of(owner, run)).content.decode()

    assert "The run ended without one." in html
    assert "below" not in html


def test_details_that_were_deleted_by_age_are_gone_from_it_too(owner, alice, settings) -> None:
    run = aged(journal.succeed(RunFactory.create(owner=alice, task="Of hers"), "Hers too"), 40)
    link = link_of(owner, run, with_steps="on")
    keep_nothing_for(settings, 30)
    delete_old()

    html = Client().get(link).content.decode()

    assert "hers" not in html.lower()
    assert "I will calculate." not in html
    assert "A task that is no longer kept" in html
    assert "deleted 30 days after the run ended" in html
    assert "They are no longer kept." in html


def test_it_has_the_sites_own_address(owner, alice, settings) -> None:
    settings.PUBLIC_URL = "https://agents.example.org"
    run = journal.finish(started(alice), "It is 42.")

    html = owner.post(f"/runs/{run.pk}/share/", {"days": "1"}).content.decode()

    assert "https://agents.example.org/shared/" in html
    assert "testserver" not in html


def test_a_look_at_its_head_tells_nothing_and_works(owner, alice) -> None:
    run = journal.finish(started(alice), "It is 42.")

    answer = Client().head(link_of(owner, run))

    assert (answer.status_code, answer.content) == (200, b"")
    assert RunShare.objects.count() == 1


@pytest.mark.parametrize("key", ["%FF%FE", "%ED%A0%80", "%0d%0aSet-Cookie:x", "a%2F..%2Fb"])
def test_a_key_in_no_known_letters_finds_nothing(key: str) -> None:
    assert Client().get(f"/shared/{key}/").status_code == 404
