"""API routes of users' data."""

from django.urls import path

from runs.personal_data.api import MyDataView, UserDataView

urlpatterns = [
    path("me/data/", MyDataView.as_view(), name="my-data"),
    path("admin/users/<int:pk>/data/", UserDataView.as_view(), name="admin-user-data"),
]
