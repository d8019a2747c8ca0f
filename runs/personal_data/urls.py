"""Routes of the pages that delete an account."""

from django.urls import path

from runs.personal_data.views import delete_mine, delete_user

urlpatterns = [
    path("account/delete/", delete_mine, name="delete-account"),
    path("ops/users/<int:pk>/delete/", delete_user, name="delete-user"),
]
