"""All routes of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from web.fallbacks import no_such_address

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("accounts.auth_urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("agentsite.api_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(), name="api-docs"),
    re_path(r"^api/", no_such_address),
    path("", include("accounts.urls")),
    path("", include("billing.urls")),
    path("", include("runs.urls")),
]

handler400 = "web.fallbacks.bad_request"
handler403 = "web.fallbacks.permission_denied"
handler404 = "web.fallbacks.page_not_found"
handler500 = "web.fallbacks.server_error"
