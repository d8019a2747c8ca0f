"""Routes of the pages about money."""

from django.urls import path

from billing.views import budget, budgets, delete, preview

app_name = "billing"

urlpatterns = [
    path("budgets/", budgets, name="budgets"),
    path("budgets/preview/", preview, name="budget-preview"),
    path("budgets/<uuid:pk>/", budget, name="budget"),
    path("budgets/<uuid:pk>/delete/", delete, name="delete-budget"),
]
