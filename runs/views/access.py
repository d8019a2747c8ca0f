"""Who may see which run on a page. What isn't yours doesn't exist."""

from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest

from accounts.models import User
from runs.models import Run


def reader(request: HttpRequest) -> User:
    """The signed-in user; only for views behind `login_required`."""
    return cast(User, request.user)


def own_run(request: HttpRequest, run_id: UUID | str) -> Run:
    """The reader's run with its worker. Raises `Http404` for anyone else's, too."""
    try:
        return Run.objects.select_related("owner", "worker", "api_token").get(
            owner=reader(request), pk=UUID(str(run_id))
        )
    except (Run.DoesNotExist, ValueError) as error:
        raise Http404("No such run.") from error


def require_staff(request: HttpRequest) -> None:
    """Raise `Http404` for everyone who isn't staff."""
    if not reader(request).is_staff:
        raise Http404("No such page.")
