"""`manage.py create_token`."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import ApiToken, User


def create(*options: str) -> list[str]:
    output = io.StringIO()
    call_command("create_token", *options, stdout=output)
    return output.getvalue().splitlines()


def test_the_key_stands_alone_on_the_last_line(alice: User) -> None:
    key = create("--user", "Alice@example.org", "--name", "CI")[-1]
    token = ApiToken.objects.by_key(key)
    assert token is not None
    assert (token.user, token.name, token.expires_at) == (alice, "CI", None)
    assert sorted(token.scopes) == ["runs:read", "runs:write", "usage:read"]


def test_scopes_and_expiry_can_be_narrowed(alice: User) -> None:
    options = ["--scope", "runs:read", "--scope", "usage:read", "--expires-days", "7"]
    token = ApiToken.objects.by_key(create("--user", alice.email, "--name", "CI", *options)[-1])
    assert token is not None
    assert token.scopes == ["runs:read", "usage:read"]
    assert token.expires_at is not None
    assert timedelta(days=6) < token.expires_at - timezone.now() <= timedelta(days=7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--user", "nobody@example.org", "--name", "CI"], "no user with the e-mail nobody"),
        (["--user", "alice@example.org", "--name", " "], "--name needs 1 to 100 characters"),
        (["--user", "alice@example.org", "--name", "x" * 101], "--name needs 1 to 100"),
        (
            ["--user", "alice@example.org", "--name", "CI", "--expires-days", "0"],
            "--expires-days must be at least 1",
        ),
        (["--user", "alice@example.org", "--name", "CI", "--scope", "all"], "invalid choice"),
        (["--name", "CI"], "--user"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    alice: User, options: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        create(*options)
    assert not ApiToken.objects.exists()


def test_an_inactive_user_gets_no_token(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(CommandError, match="inactive"):
        create("--user", alice.email, "--name", "CI")


def test_only_staff_get_a_token_that_administers(alice: User, staff: User) -> None:
    with pytest.raises(CommandError, match="Only staff"):
        create("--user", alice.email, "--name", "CI", "--scope", "admin")
    assert not ApiToken.objects.exists()
    create("--user", staff.email, "--name", "CI")
    assert "admin" in ApiToken.objects.get().scopes
