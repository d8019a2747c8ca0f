"""Long downloads, sent as they are read: no process keeps a whole one."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer

from web.connections import in_any_thread
from web.views import ApiView

JSON_LINES = "application/jsonl"
# So many parts are read at once.
AT_A_TIME = 100


def download(
    request: HttpRequest, parts: Iterator[str], *, content_type: str, name: str
) -> StreamingHttpResponse:
    """The parts as a file of this name.

    Between two parts no transaction and no cursor may be open: each is read in whichever thread is
    free, and the connection is given back.
    """
    # Where the server awaits, Django would gather all of a plain iterator first.
    awaited = isinstance(request, ASGIRequest)
    return StreamingHttpResponse(
        _in_threads(parts) if awaited else parts,
        content_type=f"{content_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _in_threads(parts: Iterator[str]) -> AsyncIterator[str]:
    read = in_any_thread(lambda: "".join(islice(parts, AT_A_TIME)))
    while part := await read():
        yield part


class CsvRenderer(BaseRenderer):
    """Lets clients ask for `text/csv`; the view writes it."""

    media_type = "text/csv"
    format = "csv"


class LinesRenderer(BaseRenderer):
    """Lets clients ask for lines of JSON; the view writes them."""

    media_type = JSON_LINES
    format = "jsonl"


class LinesView(ApiView):
    """A view that answers with lines of JSON, and with problems in JSON."""

    renderer_classes: Any = [LinesRenderer, JSONRenderer]


class CsvView(ApiView):
    """A view that answers with CSV, and with problems in JSON."""

    renderer_classes: Any = [CsvRenderer, JSONRenderer]
