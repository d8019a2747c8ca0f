"""API views that answer late: DRF runs in a thread, and what is waited for holds none."""

import logging
from collections.abc import Awaitable, Callable
from functools import update_wrapper
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.response import Response

from web.connections import in_request_thread
from web.outages import MAYBE_OUTAGE, is_outage
from web.views import ApiView

logger = logging.getLogger(__name__)

Later = Callable[[], Awaitable[Response | None]]


class LateResponse(Response):
    """An answer that can get better: `later` is awaited, and what it returns is sent instead."""

    def __init__(self, data: Any, *, later: Later, **options: Any) -> None:
        super().__init__(data, **options)
        self.later = later


class LateApiView(ApiView):
    """Authentication, permissions, throttles and the handler run in a thread, as in any view.

    That thread's connection is given back before a `LateResponse` answer or a stream goes on.
    """

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """An async view with the attributes of the one that DRF makes."""
        view = super().as_view(**initkwargs)

        async def late_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = await in_request_thread(view)(request, *args, **kwargs)
            if isinstance(response, LateResponse):
                response = await _better(response)
            return response

        return update_wrapper(late_view, view)


async def _better(response: LateResponse) -> Response:
    """The later answer, dressed as the first one: same renderer, same headers."""
    try:
        later = await response.later()
    except MAYBE_OUTAGE as error:
        if not is_outage(error):
            raise
        # The first answer still holds, and is safe with the client.
        logger.warning("a waiting request lost sight of the database: %s", error)
        later = None
    if later is None:
        return response
    response.data = later.data
    response.status_code = later.status_code
    for name, value in later.items():
        if name.startswith("X-"):
            response[name] = value
    return response
