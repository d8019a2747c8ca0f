"""Routes of the inbox."""

from django.urls import path

from runs.inbox.views import inbox, inbox_fragment

urlpatterns = [
    path("inbox/", inbox, name="inbox"),
    path("inbox/fragment/", inbox_fragment, name="inbox-fragment"),
]
