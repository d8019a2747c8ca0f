"""Where a run's trace is found."""

from dataclasses import dataclass

from django.conf import settings

from runs.models import Run
from web.traces import trace_id_of


@dataclass(frozen=True, slots=True)
class Trace:
    """Its id, and the page that shows it; empty where the site knows of none."""

    id: str
    url: str


def trace_of(run: Run) -> Trace | None:
    """The trace of the request that submitted the run, if that had one."""
    trace_id = trace_id_of(run.traceparent)
    url: str = settings.TRACE_URL
    return Trace(trace_id, url.replace("{trace_id}", trace_id)) if trace_id else None
