"""Who an API request comes from: an API token, a JWT, or the browser's session."""

from rest_framework.authentication import SessionAuthentication as RestSessionAuthentication
from rest_framework.authentication import TokenAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, UnsupportedMediaType
from rest_framework.request import Request

from accounts.arrival import arrival_of
from accounts.bearers import caller_of_key, key_in
from accounts.caller import Caller
from accounts.errors import FactorMissing, TokenRefused
from accounts.jwts import Claims
from accounts.models import ApiToken, User
from accounts.problems import FactorNotAsked
from web.request_ids import name_user


class ApiTokenAuthentication(TokenAuthentication):
    """`Authorization: Token <key>`, or `Bearer <key>` as OpenAI clients send it; or a JWT."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken | Claims | None] | None:
        """The user, with the token or what the JWT claims; None when another scheme was used.

        Raises `AuthenticationFailed`, saying why.
        """
        if arrival := arrival_of(request._request):
            return _credentials(arrival.caller)
        try:
            key = key_in(get_authorization_header(request).decode("latin-1"))
            caller = caller_of_key(key) if key else None
        except FactorMissing as refused:
            raise FactorNotAsked(str(refused)) from refused
        except TokenRefused as refused:
            raise AuthenticationFailed(str(refused)) from refused
        return _credentials(caller) if caller else None


def _credentials(caller: Caller) -> tuple[User, ApiToken | Claims | None]:
    name_user(caller.user.pk)
    return caller.user, caller.token or caller.claims


class SessionAuthentication(RestSessionAuthentication):
    """The browser's session, with CSRF. Names a scheme, so that nobody is 401 and not 403."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The session's user, whom log lines name from then on."""
        found: tuple[User, None] | None = super().authenticate(request)
        if found:
            name_user(found[0].pk)
        return found

    def enforce_csrf(self, request: Request) -> None:
        """Check the CSRF token. That would read a form, and the view then see no body."""
        if request.content_type.startswith("multipart/"):
            raise UnsupportedMediaType(request.content_type)
        super().enforce_csrf(request)

    def authenticate_header(self, request: Request) -> str:
        """The value of WWW-Authenticate."""
        return "Session"
