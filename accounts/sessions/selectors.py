"""The browsers in which a user is signed in."""

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from accounts.sign_in_models import SignIn


def sign_ins_of(user: User) -> QuerySet[SignIn]:
    """Those whose session is still there, the one used last first."""
    session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=Now())
    return SignIn.objects.filter(Exists(session), user=user)
