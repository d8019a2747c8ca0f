"""Routes of the pages about money."""

from django.urls import include, path

from billing.token_views import rotate, tokens
from billing.views import budget, budgets, delete, end_raise_now, preview, raise_for_now

app_name = "billing"

urlpatterns = [
    path("", include("billing.invoices.urls")),
    path("tokens/", tokens, name="tokens"),
    path("tokens/<uuid:pk>/rotate/", rotate, name="rotate-token"),
    path("budgets/", budgets, name="budgets"),
    path("budgets/preview/", preview, name="budget-preview"),
    path("budgets/<uuid:pk>/", budget, name="budget"),
    path("budgets/<uuid:pk>/raise/", raise_for_now, name="raise-budget"),
    path("budgets/<uuid:pk>/end-raise/", end_raise_now, name="end-raise"),
    path("budgets/<uuid:pk>/delete/", delete, name="delete-budget"),
]
