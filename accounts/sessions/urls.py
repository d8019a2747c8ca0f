"""Routes of one's sessions."""

from django.urls import path

from accounts.sessions import views

urlpatterns = [
    path("account/sessions/", views.sessions, name="sessions"),
    path("account/sessions/end-others/", views.end_other_sessions, name="end-other-sessions"),
    path("account/sessions/<uuid:pk>/end/", views.end_session, name="end-session"),
]
