"""How the OpenAPI document describes our authentication. Imported with the routes."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A token key or a JWT, sent as a bearer."""

    target_class = "accounts.authentication.ApiTokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: "AutoSchema") -> dict[str, Any]:
        """The security scheme object."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "ags_…",
            "description": "An API token, for which `Authorization: Token <key>` works as well; "
            "or a JWT, where the site takes them.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser's session cookie."""

    target_class = "accounts.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: "AutoSchema") -> dict[str, Any]:
        """The security scheme object."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
