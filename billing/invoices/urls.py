"""Routes of the invoice page."""

from django.urls import path

from billing.invoices.views import invoice, latest_invoice

urlpatterns = [
    path("invoices/", latest_invoice, name="invoices"),
    path("invoices/<month:month>/", invoice, name="invoice"),
]
