"""The site's WSGI application in this process and in the test's own transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

SIGNALS = (request_started, request_finished)


@contextmanager
def site_in_process() -> Iterator[httpx2.WSGITransport]:
    """A connection to the site; the test's database connection outlives each request."""
    for signal in SIGNALS:
        signal.disconnect(close_old_connections)
    try:
        yield httpx2.WSGITransport(app=get_wsgi_application())
    finally:
        for signal in SIGNALS:
            signal.connect(close_old_connections)
