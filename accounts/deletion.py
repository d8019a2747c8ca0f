"""The end of an account: nothing is left that tells who it was, and the ledger stays whole."""

import logging
import secrets
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import CASCADE, ManyToOneRel
from django.db.models.functions import Now

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import DELETED, ApiToken, User, key_digest
from accounts.sign_in_models import SignIn
from web.errors import Problem

logger = logging.getLogger(__name__)

# What goes with a user's row, or a token's, and stays with it: budgets count what was spent, and
# tokens name the budgets; what staff did is the site's log; emptied runs are still counted.
STAY = {"accounts.apitoken", "admin.logentry", "billing.budget", "runs.ownertally"}


class LastSuperuser(Problem):
    """Without this user, nobody could administer the site."""

    status = 409
    code = "conflict"


@transaction.atomic
def delete_account(*, user: User) -> None:
    """Make an account nobody's, for good: its address is free, no session and no token works.

    Its open runs are ended after the commit, and then emptied by the workers. Ledger, sums and
    budgets stay. Raises `LastSuperuser`. Locks the rows of all superusers, and the user's.
    """
    _check_others_administer(user)
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.deleted_at is not None:
        return
    record(Action.USER_DELETED, user_id=user.pk, about=user)
    for name, value in _nobody(user).items():
        setattr(user, name, value)
    # Sessions are of a password, and end with it.
    user.set_unusable_password()
    user.save()
    # After that, so that no mail tells anyone of each thing that goes.
    _delete_what_goes_with(user)
    _forget_tokens(user)
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    ).update(object_repr=DELETED)
    logger.info("user %s deleted", user.pk)


def _nobody(user: User) -> dict[str, object]:
    return {
        "email": f"deleted-user-{user.pk}@deleted.invalid",
        "name": "",
        "is_active": False,
        "is_staff": False,
        "is_superuser": False,
        "verified_at": None,
        "last_login": None,
        "mfa_since": None,
        "submits_per_minute": None,
        "submits_per_hour": None,
        "deleted_at": Now(),
    }


def _check_others_administer(user: User) -> None:
    # In one order, so that of two who leave at once the second one sees the first one gone.
    able = User.objects.select_for_update().filter(is_superuser=True, is_active=True)
    pks = {one.pk for one in able.order_by("pk")}
    if pks == {user.pk}:
        raise LastSuperuser("This is the last superuser: make someone else one first.")


def _delete_what_goes_with(user: User) -> None:
    sign_ins = SignIn.objects.filter(user=user)
    Session.objects.filter(session_key__in=sign_ins.values("session_key")).delete()
    tokens = list(ApiToken.objects.filter(user=user))
    for model, names in ((User, [user]), (ApiToken, tokens)):
        for relation in goes_with(model):
            rows = relation.related_model._base_manager
            rows.filter(**{f"{relation.field.name}__in": names}).delete()


def goes_with(model: type[User | ApiToken]) -> list[Any]:
    """The relations to a user, or to a user's tokens, by which rows go with the account."""
    relations = [
        field
        for field in model._meta.get_fields(include_hidden=True)
        if isinstance(field, ManyToOneRel) and field.on_delete is CASCADE
    ]
    return [one for one in relations if one.related_model._meta.label_lower not in STAY]


def _forget_tokens(user: User) -> None:
    for token in ApiToken.objects.filter(user=user):
        token.name, token.prefix = "Deleted token", ""
        # Of a key that nobody was given.
        token.digest, token.previous_digest = key_digest(secrets.token_urlsafe()), None
        token.revoked_at = token.revoked_at or Now()
        token.last_used_at = token.previous_expires_at = None
        token.save()
