"""The page of questions, and the advice alone for its script."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from runs.choosing.presenter import asked, in_words
from runs.choosing.selectors import advice
from runs.engine.choosing import QUESTIONS


@login_required
@require_safe
def choosing_page(request: HttpRequest) -> HttpResponse:
    """The questions, and the advice for what is answered so far."""
    answers = _answers(request)
    context = {"asked": asked(answers), **_advice(answers)}
    return render(request, "runs/choosing/page.html", context)


@login_required
@require_safe
def advice_part(request: HttpRequest) -> HttpResponse:
    """The advice alone."""
    return render(request, "runs/choosing/_advice.html", _advice(_answers(request)))


def _answers(request: HttpRequest) -> dict[str, str]:
    """The answers in the address; what is no answer is none."""
    given = [(question, request.GET.get(question.key)) for question in QUESTIONS]
    return {q.key: answer for q, answer in given if answer and answer in q.options}


def _advice(answers: dict[str, str]) -> dict[str, Any]:
    found = advice(answers)
    return {
        "advice": in_words(found, answers) if found else None,
        "simulated": settings.SIMULATED,
    }
