"""All routes of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from agentsite.mcp_server.metadata import resource_metadata
from agentsite.metrics.door import MetricsView
from agentsite.reference.views import DocumentView, problems_page, reference_page
from billing.signed_statements.api import public_keys
from web.fallbacks import no_such_address

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("accounts.auth_urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("agentsite.api_urls")),
    path("api/schema/", DocumentView.as_view(), name="schema"),
    path("api/docs/", reference_page, name="api-docs"),
    path("api/docs/problems/", problems_page, name="api-problems"),
    path("v1/", include("runs.openai.urls")),
    re_path(r"^api/", no_such_address),
    re_path(r"^v1/", no_such_address),
    path("agent/", include("runs.agent.api_urls")),
    path(".well-known/oauth-protected-resource", resource_metadata),
    path(".well-known/oauth-protected-resource/mcp", resource_metadata, name="mcp-metadata"),
    path(".well-known/agentsite-statement-keys.json", public_keys, name="statement-keys"),
    path("metrics", MetricsView.as_view(), name="metrics"),
    path("", include("accounts.urls")),
    path("", include("billing.urls")),
    path("", include("runs.urls")),
]

handler400 = "web.fallbacks.bad_request"
handler403 = "web.fallbacks.permission_denied"
handler404 = "web.fallbacks.page_not_found"
handler500 = "web.fallbacks.server_error"
