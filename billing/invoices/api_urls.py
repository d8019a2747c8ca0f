"""API routes of invoices."""

from django.urls import path

from billing.invoices.api import AllInvoicesView, InvoiceCsvView, InvoiceView

urlpatterns = [
    path("invoices/<month:month>/", InvoiceView.as_view(), name="invoice"),
    path("invoices/<month:month>/lines.csv", InvoiceCsvView.as_view(), name="invoice-csv"),
    path(
        "admin/invoices/<month:month>/lines.csv",
        AllInvoicesView.as_view(),
        name="admin-invoices-csv",
    ),
]
