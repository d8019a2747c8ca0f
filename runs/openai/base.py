"""The views under /v1/: DRF lets a request in, and what is waited for holds no thread."""

import logging
from collections.abc import Awaitable, Callable
from functools import update_wrapper
from typing import Any, ClassVar

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from accounts.caller import speaks_as
from runs.openai.arriving import arrive
from runs.openai.speaking import user_spoken_for
from web.connections import in_request_thread
from web.exceptions import problem_response
from web.views import ApiView

logger = logging.getLogger(__name__)

Going = Callable[[], Awaitable[HttpResponseBase]]


class Deferred(HttpResponse):
    """What DRF's handler answers while `go` is still to make the real answer."""

    def __init__(self, go: Going) -> None:
        super().__init__()
        self.go = go


class OpenAIView(ApiView):
    """Authenticates, counts and reads as every API view; a trusted token may name its user.

    A request may say what it accepts as it likes: the body says whether the answer is a stream.
    Where a POST `submits`, its caller is found and counted without a thread, and `asks_database`
    says whether the view needs one after that.
    """

    submits: ClassVar[bool] = False
    asks_database: ClassVar[bool] = True

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """An async view with the attributes of the one that DRF makes."""
        view = super().as_view(**initkwargs)

        async def openai_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            arrived = cls.submits and request.method == "POST" and await arrive(request)
            if arrived and not cls.asks_database:
                response = view(request, *args, **kwargs)
            else:
                response = await in_request_thread(view)(request, *args, **kwargs)
            return await _made(response) if isinstance(response, Deferred) else response

        return update_wrapper(openai_view, view)

    def perform_authentication(self, request: Request) -> None:
        """Find out who asks, and for whom."""
        super().perform_authentication(request)
        if user := user_spoken_for(request):
            speaks_as(request, user)

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[BaseRenderer, str]:
        """Whatever is asked for."""
        return JSONRenderer(), JSONRenderer.media_type


async def _made(deferred: Deferred) -> HttpResponseBase:
    """The real answer, with the headers of the first one."""
    try:
        response = await deferred.go()
    except Exception as error:  # as DRF does for what its handlers raise
        response = problem_response(error, {})
    for name, value in deferred.items():
        response.headers.setdefault(name, value)
    return response


def json_answer(
    content: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    """A JSON answer."""
    return HttpResponse(
        orjson.dumps(content), status=status, content_type="application/json", headers=headers
    )
