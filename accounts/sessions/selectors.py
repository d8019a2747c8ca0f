"""The browsers in which a user is signed in."""

import re

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from accounts.sign_in_models import SignIn

BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def sign_ins_of(user: User) -> QuerySet[SignIn]:
    """Those whose session is still there, the one used last first."""
    session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=Now())
    return SignIn.objects.filter(Exists(session), user=user)


def device_name(device: str) -> str:
    """What a browser says it is, in short: `Firefox on Linux`."""
    browser = _first(BROWSERS, device)
    system = _first(SYSTEMS, device)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or re.sub(r"[\s(].*", "", device) or "An unknown device"


def _first(names: dict[str, str], device: str) -> str:
    return next((shown for token, shown in names.items() if token in device), "")
