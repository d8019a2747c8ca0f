"""Routes of the questions and of their advice."""

from django.urls import path

from runs.choosing.views import advice_part, choosing_page

urlpatterns = [
    path("choose/", choosing_page, name="choosing"),
    path("choose/advice/", advice_part, name="choosing-advice"),
]
