"""Every form of the admin that adds a row opens, and says what is missing."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

from billing.models import ModelSafety

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", list(admin.site._registry))
def test_an_empty_form_is_answered(client_for: Any, staff: Any, model: type[models.Model]) -> None:
    staff.is_superuser = True
    staff.save()
    client: Client = client_for(staff)
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    statuses = {client.get(url).status_code, client.post(url, {}).status_code}
    assert statuses <= {200, 403}


def test_staff_can_mark_a_model_before_it_is_called(client_for: Any, staff: Any) -> None:
    url = reverse("admin:billing_modelsafety_add")
    said = {"provider": "openai", "model": "greedy", "factor": "2", "ignores_cap": "on"}
    answer = client_for(staff).post(url, said)
    assert answer.status_code == 302, answer.content
    row = ModelSafety.objects.get()
    assert row.factor == 2
    assert (row.ignores_cap, row.keeps_cap) == (True, False)
    changed = reverse("admin:billing_modelsafety_change", args=[row.pk])
    assert client_for(staff).get(changed).status_code == 200
