"""Who an API request comes from: an API token, or the browser's session."""

from typing import NoReturn

from rest_framework.authentication import SessionAuthentication as RestSessionAuthentication
from rest_framework.authentication import TokenAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, UnsupportedMediaType
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.services import TokenRefused, authenticate_key

SCHEMES = (b"token", b"bearer")


def _refuse(detail: str) -> NoReturn:
    raise AuthenticationFailed(detail)


class ApiTokenAuthentication(TokenAuthentication):
    """`Authorization: Token <key>`, or `Bearer <key>` as OpenAI clients send it."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user and the token; None when another scheme was used."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() not in SCHEMES:
            return None
        if len(parts) != 2:
            _refuse("Malformed Authorization header: it should be `Token <key>`.")
        try:
            key = parts[1].decode("ascii")
        except UnicodeDecodeError:
            _refuse("Malformed token: keys are plain ASCII.")
        return self.authenticate_credentials(key)

    def authenticate_credentials(self, key: str) -> tuple[User, ApiToken]:
        """Look the key up, in one query. Raises AuthenticationFailed, saying why."""
        try:
            token = authenticate_key(key)
        except TokenRefused as refused:
            _refuse(str(refused))
        return token.user, token


class SessionAuthentication(RestSessionAuthentication):
    """The browser's session, with CSRF. Names a scheme, so that nobody is 401 and not 403."""

    def enforce_csrf(self, request: Request) -> None:
        """Check the CSRF token. That would read a form, and the view then see no body."""
        if request.content_type.startswith("multipart/"):
            raise UnsupportedMediaType(request.content_type)
        super().enforce_csrf(request)

    def authenticate_header(self, request: Request) -> str:
        """The value of WWW-Authenticate."""
        return "Session"
