"""Routes of the pages of prompts."""

from django.urls import path

from runs.prompts import views

urlpatterns = [
    path("prompts/", views.sets_page, name="prompt-sets"),
    path("prompts/new/", views.new_set, name="new-prompt-set"),
    path("prompts/import/", views.import_set, name="import-prompt-set"),
    path("prompts/steps/", views.steps_part, name="prompt-steps"),
    path("prompts/preview/", views.preview_page, name="prompts-preview"),
    path("prompts/<uuid:pk>/", views.set_page, name="prompt-set"),
    path("prompts/<uuid:pk>/edit/", views.edit_set, name="edit-prompt-set"),
    path("prompts/<uuid:pk>/export/", views.export_set, name="export-prompt-set"),
    path("prompts/<uuid:pk>/delete/", views.delete_set, name="delete-prompt-set"),
]
