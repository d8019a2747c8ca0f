"""Route of the Models page."""

from django.urls import path

from runs.catalogue.views import models_page

urlpatterns = [path("models/", models_page, name="models")]
