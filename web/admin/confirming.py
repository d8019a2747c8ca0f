"""Actions that ask first: on a page that names what is chosen, without any script."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

SHOWN = 100
Action = Callable[..., HttpResponseBase | None]


def confirmed(question: str, *, button: str) -> Callable[[Action], Action]:
    """An action of a list that is done once the question on a page of its own is answered.

    `question` says what will happen; the chosen rows stand under it.
    """

    def decorate(action: Action) -> Action:
        @wraps(action)
        def asked(
            page: Any, request: HttpRequest, chosen: QuerySet[Any]
        ) -> HttpResponseBase | None:
            if request.POST.get("confirmed") == "yes":
                return action(page, request, chosen)
            return TemplateResponse(
                request,
                "admin/confirm.html",
                {
                    **page.admin_site.each_context(request),
                    "title": getattr(action, "short_description", button),
                    "opts": page.model._meta,
                    "question": question,
                    "button": button,
                    "rows": chosen[:SHOWN],
                    "count": chosen.count(),
                    "ids": request.POST.getlist(ACTION_CHECKBOX_NAME),
                    "id_field": ACTION_CHECKBOX_NAME,
                    "action": action.__name__,
                    "across": request.POST.get("select_across", "0"),
                },
            )

        return asked

    return decorate
