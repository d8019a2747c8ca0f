"""A browser signs in; and its session, or all others, are ended."""

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.audit.origin import Origin
from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import User
from accounts.sessions.store import note_known
from accounts.sign_in_models import SignIn


@transaction.atomic
def remember_sign_in(*, request: HttpRequest, user: User, origin: Origin) -> None:
    """Keep where a session was begun; what is left of sessions that are gone goes."""
    if not request.session.session_key:
        request.session.create()
    key = str(request.session.session_key)
    mine = SignIn.objects.filter(user=user)
    mine.exclude(session_key__in=Session.objects.values("session_key")).delete()
    SignIn.objects.create(user=user, session_key=key, address=origin.address, device=origin.device)
    note_known(key)


@transaction.atomic
def end_sessions(*, sign_ins: QuerySet[SignIn]) -> int:
    """Sign these browsers out; how many there were."""
    ended = list(sign_ins)
    Session.objects.filter(session_key__in=[one.session_key for one in ended]).delete()
    for one in ended:
        after = {"device": one.device, "address": one.address}
        record(Action.SESSION_ENDED, user_id=one.user_id, after=after)
    SignIn.objects.filter(pk__in=[one.pk for one in ended]).delete()
    return len(ended)
