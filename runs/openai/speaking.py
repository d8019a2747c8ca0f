"""A chat site that asks for its own users, with one token that staff have marked as trusted."""

from rest_framework.request import Request

from accounts.caller import known_caller
from accounts.models import User
from web.errors import Problem

# Open WebUI sends it where ENABLE_FORWARD_USER_INFO_HEADERS is set.
HEADER = "X-OpenWebUI-User-Email"


class MayNotSpeak(Problem):
    """The token may not ask for others, or there is no such user."""

    status = 403
    code = "permission_denied"


def user_spoken_for(request: Request) -> User | None:
    """Whom a request is for, where it names someone. Raises `MayNotSpeak`."""
    address, caller = request.headers.get(HEADER), known_caller(request)
    if not address or caller is None:
        return None
    if caller.token is None or not caller.token.speaks_for_users:
        raise MayNotSpeak(f"This token is not trusted to ask for other users ({HEADER}).")
    user = User.objects.with_address(address)
    # Whoever signed up with another's address would read what the other one asks.
    if user is None or not user.is_active or user.verified_at is None:
        raise MayNotSpeak(f"No active user has verified the address in {HEADER}.")
    return user
