"""Who asks: the user behind a request of a page or of the API, and the token that it came with."""

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from rest_framework.request import Request

from accounts.jwts import Claims
from accounts.models import ApiToken, User
from web.request_ids import name_user


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user, with a token, with the claims of a JWT, or with a browser's session.

    The last one may do everything.
    """

    user: User
    token: ApiToken | None = None
    claims: Claims | None = None

    @property
    def token_id(self) -> UUID | None:
        """The token's id."""
        return self.token.pk if self.token else None

    @property
    def in_person(self) -> bool:
        """True for a browser's session."""
        return self.token is None and self.claims is None

    def lacks(self, *scopes: str) -> list[str]:
        """Those of the scopes that the token or the JWT doesn't have."""
        granted = self.token or self.claims
        return [scope for scope in scopes if granted and scope not in granted.scopes]

    def may(self, scope: str) -> bool:
        """True when the token or the JWT has the scope, or a person is there."""
        return not self.lacks(scope)


def known_caller(request: HttpRequest | Request) -> Caller | None:
    """Who asks; None where nobody is signed in."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return None
    auth = getattr(request, "auth", None)
    return Caller(
        user,
        token=auth if isinstance(auth, ApiToken) else None,
        claims=auth if isinstance(auth, Claims) else None,
    )


def remember_caller(request: HttpRequest, caller: Caller) -> None:
    """Say of a request who makes it, as Django's and DRF's authentication do."""
    name_user(caller.user.pk)
    request.user = caller.user
    request.auth = caller.token or caller.claims  # type: ignore[attr-defined]


def caller_of(request: HttpRequest | Request) -> Caller:
    """Who asks. Raises `PermissionDenied` where nobody is signed in."""
    caller = known_caller(request)
    if caller is None:
        raise PermissionDenied
    return caller


def speaks_as(request: Request, user: User) -> None:
    """From now on, the request is this user's; its token stays what it is."""
    request.user = user


def staff_of(request: HttpRequest) -> User:
    """The member of staff who asks for a page. Raises `Http404` for everyone else."""
    user = caller_of(request).user
    if not user.is_staff:
        raise Http404("No such page.")
    return user
