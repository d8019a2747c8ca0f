"""API routes of this app, included under /api/v1/."""

from django.urls import include, path

from billing.api import views
from billing.api.me import MeView
from billing.api.tokens import NewTokenView

urlpatterns = [
    path("", include("billing.invoices.api_urls")),
    path("", include("billing.signed_statements.api_urls")),
    path("", include("billing.focus.api_urls")),
    path("tokens/", NewTokenView.as_view(), name="token-list"),
    path("me/", MeView.as_view(), name="me"),
    path("budgets/", views.BudgetListView.as_view(), name="budget-list"),
    path("admin/budgets/", views.AdminBudgetListView.as_view(), name="admin-budget-list"),
    path("admin/budgets/<uuid:pk>/", views.AdminBudgetView.as_view(), name="admin-budget-detail"),
]
