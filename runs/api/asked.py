"""What a request asks to run: its body, and of a fork the fields of its source."""

from typing import Any

from rest_framework.request import Request

from accounts.caller import Caller, caller_of
from accounts.models import Scope
from accounts.permissions import check_scopes
from runs.api.submission import SubmissionSerializer
from runs.services.fork import same_as_source
from runs.submission import Submission


def submission_of(request: Request) -> Submission:
    """The checked body. A fork reads its source, for which a token needs `runs:read`.

    Raises `ValidationError`, `PermissionDenied`, `NoSuchRun`.
    """
    form = checked_form(request.data)
    return submission_in(form, caller_of(request))


def checked_form(data: Any) -> SubmissionSerializer:
    """A body whose fields fit. Raises `ValidationError`."""
    form = SubmissionSerializer(data=data)
    form.is_valid(raise_exception=True)
    return form


def submission_in(form: SubmissionSerializer, caller: Caller) -> Submission:
    """What a checked body asks for; only a fork's needs the database."""
    if form.goes_on_from is None:
        return form.submission()
    check_scopes(caller, [Scope.RUNS_READ])
    return form.submission(same_as_source(caller.user, form.goes_on_from))
