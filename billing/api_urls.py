"""API routes of this app, included under /api/v1/."""

from django.urls import path

from billing import api

urlpatterns = [
    path("budgets/", api.BudgetListView.as_view(), name="budget-list"),
    path("admin/budgets/", api.AdminBudgetListView.as_view(), name="admin-budget-list"),
    path("admin/budgets/<uuid:pk>/", api.AdminBudgetView.as_view(), name="admin-budget-detail"),
]
