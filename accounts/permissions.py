"""What an API token may do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.caller import Caller, caller_of
from accounts.models import Scope
from accounts.problems import MfaRequired

if TYPE_CHECKING:  # DRF loads this module before its views are complete
    from rest_framework.views import APIView


def required_scope(view: "APIView", method: str) -> str | None:
    """The scope that a view asks for, by `required_scopes = {"GET": "usage:read"}`.

    None there means that any token will do. What a view doesn't name needs `runs:read` to read
    and `runs:write` for the rest, so that forgetting it never opens a view.
    """
    method = "GET" if method in SAFE_METHODS else method
    scopes: Mapping[str, str | None] = getattr(view, "required_scopes", {})
    default = Scope.RUNS_READ if method == "GET" else Scope.RUNS_WRITE
    return scopes.get(method, default)


def check_scopes(caller: Caller, needed: list[str]) -> None:
    """Raise PermissionDenied naming what is missing; staff may need a second factor, too."""
    if Scope.ADMIN in needed and caller.user.lacks_mfa:
        raise MfaRequired
    if missing := caller.lacks(*needed):
        raise PermissionDenied(f"This token lacks the scope {', '.join(missing)}.")


class ChangedByPeople(BasePermission):
    """Tokens read, people change: a leaked token can't make others that outlive it."""

    message = "A token can't make or revoke tokens. Sign in, or use `manage.py create_token`."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """False for a token or a JWT that would change something."""
        return request.method in SAFE_METHODS or caller_of(request).in_person


class HasTokenScope(BasePermission):
    """Lets a token do what its scopes say. Sessions pass."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Raise PermissionDenied naming the missing scope."""
        scope = required_scope(view, request.method or "")
        check_scopes(caller_of(request), [scope] if scope else [])
        return True


class Administers(BasePermission):
    """Staff; and of their tokens those that were made for it."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """False for who isn't staff (any more); raises PermissionDenied naming the scope."""
        caller = caller_of(request)
        if caller.user.is_staff:
            check_scopes(caller, [Scope.ADMIN])
        return caller.user.is_staff
