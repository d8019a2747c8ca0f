"""Routes of the pages about money."""

from django.urls import path

from billing.views.budgets import budget, budgets, delete, preview
from billing.views.usage import usage

app_name = "billing"

urlpatterns = [
    path("usage/", usage, name="usage"),
    path("budgets/", budgets, name="budgets"),
    path("budgets/preview/", preview, name="budget-preview"),
    path("budgets/<uuid:pk>/", budget, name="budget"),
    path("budgets/<uuid:pk>/delete/", delete, name="delete-budget"),
]
