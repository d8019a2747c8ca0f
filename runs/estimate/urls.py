"""Route of the composer's estimate."""

from django.urls import path

from runs.estimate.views import strip

urlpatterns = [path("estimate/", strip, name="estimate")]
