"""Requests that Locust's own client doesn't make are timed for its report here."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from locust.env import Environment


@contextmanager
def timed(
    environment: Environment, kind: str, name: str, failures: tuple[type[Exception], ...]
) -> Iterator[None]:
    """Report how long the block took; these exceptions are its failures."""
    began_s = time.perf_counter()
    failure: Exception | None = None
    try:
        yield
    except failures as error:
        failure = error
    environment.events.request.fire(  # type: ignore[no-untyped-call]
        request_type=kind,
        name=name,
        response_time=1000 * (time.perf_counter() - began_s),
        response_length=0,
        exception=failure,
        context={},
    )
