"""Which run a page may show. What isn't yours doesn't exist."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from accounts.caller import caller_of
from runs.models import Run


def own_run(request: HttpRequest, run_id: UUID | str) -> Run:
    """The reader's run with its worker. Raises `Http404` for anyone else's, too."""
    runs = Run.objects.visible_to(caller_of(request).user)
    return _one(
        runs.select_related("owner", "worker", "api_token", "prompt_version__prompt_set"), run_id
    )


def fundable_run(request: HttpRequest, run_id: UUID) -> Run:
    """The reader's run; for staff, anyone's. Raises `Http404`."""
    return _one(Run.objects.fundable_by(caller_of(request).user), run_id)


def _one(runs: QuerySet[Run], run_id: UUID | str) -> Run:
    try:
        return runs.get(pk=UUID(str(run_id)))
    except (Run.DoesNotExist, ValueError) as error:
        raise Http404("No such run.") from error
