"""The pages and the command of kill switches."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from runs.models import KillSwitch
from tests.factories import ApiTokenFactory, RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(staff: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(staff)


def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("kill_switch", *arguments, stdout=out)
    return out.getvalue()


def test_staff_pull_it_read_the_receipt_and_lift_it(client: Client, alice: User) -> None:
    RunFactory.create(owner=alice)
    form = {"scope": "user", "user": alice.email, "reason": "Too fast."}
    page = client.post("/ops/kill/", form, follow=True)
    shown = page.content.decode()
    assert "Stopped: <bdi>alice@example.org</bdi>" in shown
    assert "1 run" in shown
    assert "Too fast." in client.get("/ops/").content.decode()

    pk = KillSwitch.objects.get().pk
    lifted = client.post(f"/ops/kill/{pk}/lift/", follow=True).content.decode()
    assert "Lift it" not in lifted
    assert "lifted" in client.get("/ops/kill/").content.decode()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"scope": "user", "reason": "x"}, "A switch for a user names one"),
        ({"scope": "user", "user": "no@example.org", "reason": "x"}, "No user has this address."),
        ({"scope": "pattern", "reason": "x"}, "A switch for a pattern names one"),
        ({"scope": "site"}, "This field is required."),
    ],
)
def test_a_form_that_makes_no_sense_says_why(
    client: Client, form: dict[str, str], said: str
) -> None:
    page = client.post("/ops/kill/", form)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert not KillSwitch.objects.exists()


def test_fields_of_other_scopes_are_hidden_and_dont_count(client: Client) -> None:
    form = {"scope": "pattern", "pattern": "storm", "user": "no@example.org", "reason": "Loops."}
    client.post("/ops/kill/", form)
    switch = KillSwitch.objects.get()
    assert (switch.scope, switch.pattern, switch.user) == ("pattern", "storm", None)


def test_a_switch_that_was_interrupted_says_so(client: Client) -> None:
    pk = KillSwitch.objects.create(scope="site", reason="Leaked.").pk
    assert "Not all runs were told to end." in client.get(f"/ops/kill/{pk}/").content.decode()


def test_the_composer_says_why_and_keeps_the_task(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    KillSwitch.objects.create(scope="user", user=alice, reason="Too fast.")
    browser = client_for(alice)
    page = browser.get("/")
    form = {name: page.context["form"][name].value() or "" for name in page.context["form"].fields}
    form |= {"task": "What is 6 times 7?", "pattern": "react"}
    answer = browser.post("/", form)

    shown = answer.content.decode()
    assert answer.status_code == 503
    assert "Stopped by the kill switch: Too fast." in shown
    assert "What is 6 times 7?" in shown


def test_the_command_pulls_shows_and_lifts(alice: User) -> None:
    RunFactory.create(owner=alice)
    pulled = run_command("pull", "--user", alice.email, "--reason", "Too fast.")
    assert "Runs stopped: 1 (1 queued), of which 0 have not ended yet" in pulled
    pk = str(KillSwitch.objects.get().pk)
    assert "alice@example.org, on" in run_command("list")
    assert "by the command line: Too fast." in run_command("receipt", pk)
    assert run_command("lift", pk) == "Lifted: alice@example.org.\n"
    assert "lifted" in run_command("list")


def test_the_command_knows_tokens_and_patterns(alice: User) -> None:
    token = ApiTokenFactory.create(user=alice, name="ci")
    assert "the token ci" in run_command("pull", "--token", str(token.pk), "--reason", "Leaked.")
    assert "the pattern STORM" in run_command("pull", "--pattern", "storm", "--reason", "Broken.")
    assert "the site" in run_command("pull", "--site", "--reason", "All of it.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pull", "--user", "no@example.org", "--reason", "x"), "there is no user"),
        (("pull", "--pattern", "nonsense", "--reason", "x"), "There is no pattern"),
        (("pull", "--site", "--reason", " "), "Say why"),
        (("receipt", "7"), "there is no kill switch 7"),
        (("pull", "--reason", "x"), "one of the arguments"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run_command(*arguments)
