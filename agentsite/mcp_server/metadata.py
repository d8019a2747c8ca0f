"""What clients read to learn how to get in: the resource metadata of RFC 9728."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from accounts.models import Scope
from web.public import public_url


@require_safe
def resource_metadata(request: HttpRequest) -> JsonResponse:
    """The MCP server as a protected resource; the same for everyone."""
    site = public_url(request)
    found = {
        "resource": f"{site}/mcp",
        "resource_name": "agentsite",
        "scopes_supported": Scope.values,
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{site}/api/docs/",
    }
    if settings.MCP_AUTHORIZATION_SERVERS:
        found["authorization_servers"] = settings.MCP_AUTHORIZATION_SERVERS
    return JsonResponse(found)
