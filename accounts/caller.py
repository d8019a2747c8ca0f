"""Who asks: the user behind a request of a page or of the API, and the token that it came with."""

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from rest_framework.request import Request

from accounts.models import ApiToken, Scope, User


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user; `token` is None for a browser's session, which may do everything."""

    user: User
    token: ApiToken | None = None

    @property
    def token_id(self) -> UUID | None:
        """The token's id."""
        return self.token.pk if self.token else None

    @property
    def administers(self) -> bool:
        """True for staff, where a token was made for that too."""
        return self.user.is_staff and self.may(Scope.ADMIN)

    def lacks(self, *scopes: str) -> list[str]:
        """Those of the scopes that the token doesn't have."""
        return [scope for scope in scopes if self.token and scope not in self.token.scopes]

    def may(self, scope: str) -> bool:
        """True when the token has the scope, or there is no token."""
        return not self.lacks(scope)


def known_caller(request: HttpRequest | Request) -> Caller | None:
    """Who asks; None where nobody is signed in."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return None
    token = getattr(request, "auth", None)
    return Caller(user, token if isinstance(token, ApiToken) else None)


def caller_of(request: HttpRequest | Request) -> Caller:
    """Who asks. Raises `PermissionDenied` where nobody is signed in."""
    caller = known_caller(request)
    if caller is None:
        raise PermissionDenied
    return caller


def staff_of(request: HttpRequest) -> User:
    """The member of staff who asks for a page. Raises `Http404` for everyone else."""
    user = caller_of(request).user
    if not user.is_staff:
        raise Http404("No such page.")
    return user
