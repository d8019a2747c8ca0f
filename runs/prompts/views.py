"""The pages of prompt sets, and the preview of what the composer would send."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.caller import caller_of
from runs.engine.registry import PATTERNS
from runs.errors import RunError
from runs.forms.composer import ComposerForm
from runs.forms.prompts import StepsForm
from runs.models.prompt_sets import PromptSet, PromptSetVersion
from runs.prompts.forms import ImportForm, NewSetForm, form_of
from runs.prompts.presenter import changes, exported, preview_cards, texts_shown
from runs.prompts.services import preview
from runs.selectors.history import recent_with
from runs.selectors.prompt_sets import prompt_sets_of, version_of, versions_of
from runs.services.prompt_sets import add_version, create_prompt_set, delete_prompt_set

WRITES = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def sets_page(request: HttpRequest) -> HttpResponse:
    """The reader's prompt sets."""
    return _list(request, ImportForm())


def _list(request: HttpRequest, form: ImportForm, status: int = HTTPStatus.OK) -> HttpResponse:
    context = {"sets": prompt_sets_of(caller_of(request).user), "import_form": form}
    return render(request, "runs/prompts/list.html", context, status=status)


@login_required
@require_http_methods(WRITES)
def new_set(request: HttpRequest) -> HttpResponse:
    """A new set: empty, from the composer's fields, or saved."""
    if request.method != "POST":
        pattern = request.GET.get("pattern", "")
        form = NewSetForm(pattern if pattern in PATTERNS else "")
        return _new(request, form)
    pattern = request.POST.get("pattern", "")
    if "show" in request.POST:
        return _new(request, NewSetForm.going_on(request.POST))
    form = NewSetForm(pattern, request.POST)
    if not form.is_valid():
        return _new(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        version = create_prompt_set(
            owner=caller_of(request).user,
            name=form.cleaned_data["name"],
            pattern=pattern,
            texts=form.texts,
            note=form.cleaned_data["note"],
        )
    except RunError as error:
        form.refuse(str(error), error.field)
        return _new(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, f"Saved “{version.prompt_set.name}”.")
    return redirect("runs:prompt-set", version.prompt_set_id)


def _new(request: HttpRequest, form: NewSetForm, status: int = HTTPStatus.OK) -> HttpResponse:
    return render(request, "runs/prompts/new.html", {"form": form}, status=status)


@login_required
@require_POST
def import_set(request: HttpRequest) -> HttpResponse:
    """A new set as a file has it, to look at before it is saved."""
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return _new(request, form.new_set())


@login_required
@require_safe
def set_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version of a set, by itself or beside another."""
    found = own_set(request, pk)
    version = _version(found, request.GET.get("version"))
    other = request.GET.get("against")
    before = _version(found, other) if other else None
    context = {
        "set": found,
        "version": version,
        "versions": versions_of(found),
        "shown": texts_shown(version.texts, found.pattern),
        "against": before,
        "compared_to": before.number if before else max(version.number - 1, 1),
        "changes": before and changes(before.texts, version.texts, found.pattern),
        "runs": recent_with(caller_of(request).user, version),
    }
    return render(request, "runs/prompts/set.html", context)


@login_required
@require_http_methods(WRITES)
def edit_set(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a new version out of the newest, or of the `?version=`."""
    found = own_set(request, pk)
    version = _version(found, request.GET.get("version"))
    form = form_of(version, request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                note = form.cleaned_data["note"]
                made, new = add_version(prompt_set=found, texts=form.texts, note=note)
            except PromptSet.DoesNotExist as gone:
                raise Http404("No such prompt set any more.") from gone
            except RunError as error:
                form.refuse(str(error), error.field)
            else:
                _say_saved(request, made, new)
                return redirect("runs:prompt-set", pk)
    context = {"form": form, "set": found, "version": version}
    return render(request, "runs/prompts/edit.html", context, status=status)


def _say_saved(request: HttpRequest, version: PromptSetVersion, new: bool) -> None:
    if new:
        messages.success(request, f"Saved as version {version.number}. Runs keep what they used.")
    else:
        messages.info(request, f"Nothing has changed: version {version.number} says the same.")


@login_required
@require_POST
def delete_set(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a set away."""
    found = own_set(request, pk)
    delete_prompt_set(prompt_set=found)
    messages.success(request, f"“{found.name}” is gone. Runs keep the prompts that they used.")
    return redirect("runs:prompt-sets")


@login_required
@require_safe
def export_set(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version as a file, which the API and the list's Import take."""
    found = own_set(request, pk)
    version = _version(found, request.GET.get("version"))
    response = JsonResponse(exported(version), json_dumps_params={"indent": 2})
    response.headers["Content-Disposition"] = (
        f'attachment; filename="prompts-{found.pk}-{version.number}.json"'
    )
    return response


@login_required
@require_safe
def steps_part(request: HttpRequest) -> HttpResponse:
    """The fields of a pattern's steps, for the scripts of the composer and of a new set."""
    pattern = PATTERNS.get(request.GET.get("pattern", ""))
    if pattern is None:
        raise Http404("No such pattern.")
    return render(request, "runs/prompts/_steps.html", {"steps": StepsForm(pattern)})


@login_required
@require_POST
def preview_page(request: HttpRequest) -> HttpResponse:
    """What the composer as it is filled in would send: for its dialog, or as a page."""
    submission = ComposerForm(request.POST).prompts_asked()
    context: dict[str, Any] = {}
    try:
        context["preview"] = preview_cards(
            preview(owner=caller_of(request).user, submission=submission)
        )
    except RunError as error:
        context["refused"] = str(error)
    if request.POST.get("script"):
        return render(request, "runs/prompts/_preview.html", context)
    context["sent"] = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]
    return render(request, "runs/prompts/preview.html", context)


def own_set(request: HttpRequest, pk: UUID) -> PromptSet:
    """The reader's set; `Http404` for anyone else's, too."""
    found = PromptSet.objects.visible_to(caller_of(request).user).filter(pk=pk).first()
    if found is None:
        raise Http404("No such prompt set.")
    return found


def _version(found: PromptSet, number: str | None) -> PromptSetVersion:
    """The version that the address names, else the newest one."""
    if number is None:
        version = version_of(found, found.latest)
    else:
        is_number = number.isdecimal() and len(number) < 10
        version = version_of(found, int(number)) if is_number else None
    if version is None:
        raise Http404("No such version.")
    return version
