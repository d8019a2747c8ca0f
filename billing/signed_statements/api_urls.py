"""API route of statements."""

from django.urls import path

from billing.signed_statements.api import StatementView

urlpatterns = [path("statements/<month:month>/", StatementView.as_view(), name="statement")]
