"""Routes of the pages about money."""

from django.urls import path

from billing.views import usage

app_name = "billing"

urlpatterns = [
    path("usage/", usage, name="usage"),
]
